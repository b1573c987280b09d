//go:build !race

package mutants

// mutant is a bug that somebody could write, and the test that must notice it.
type mutant struct {
	name     string
	file     string // beneath the module
	old, new string // old stands in the file once
	pkg      string // of the test
	test     string // its name, from the beginning
}

var table = []mutant{
	{
		"a code is used up by a read and a write, in memory", "adapters/memory/state.go",
		"	if s.versionOf(key, now) != e.Version {\n		return store.ErrConflict\n	}\n	s.version++",
		"	stale := s.versionOf(key, now) != e.Version\n	s.mu.Unlock()\n	time.Sleep(time.Microsecond)\n	s.mu.Lock()\n	if stale {\n		return store.ErrConflict\n	}\n	s.version++",
		"adapters/memory", "TestState",
	},
	{
		"a code is used up by a read and a write, in SQL", "adapters/sqlstore/sqlite_queries.go",
		"SET value = ?, version = version + 1, expires_at = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?\nWHERE key = ? AND version = ?",
		"SET value = ?, version = version + 1, expires_at = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) + ?\nWHERE key = ? AND version <> -?",
		"adapters/sqlstore", "TestStore_State/SQLite",
	},
	{
		"a try is counted after the code was compared", "internal/flow/code.go",
		"	if f.count.Value > tries {", "	if f.count.Value > tries && !e.codes.Verify(f.Code, f.binding(), code) {",
		"internal/flow", "TestCode_FiveTriesAndNoMore",
	},
	{
		"a try that could not be counted is compared", "internal/flow/count.go",
		"	if countErr != nil {\n		return nil, fmt.Errorf(", "	if countErr != nil && f == nil {\n		return nil, fmt.Errorf(",
		"internal/flow", "TestCode_ACounterThatCannotBeKeptLetsNoTryThrough",
	},
	{
		"a resend resets what was counted", "internal/flow/budget.go",
		"		b.Sent = b.Sent.with(kind)\n", "		b.Sent = sentCodes(nil).with(kind)\n",
		"handler", "TestBudget_AResendResetsNothing",
	},
	{
		"a resend leaves the code before it good", "internal/flow/code.go",
		"	f.Code = e.codes.Sum(f.binding(), code)\n", "	if f.Code == nil {\n		f.Code = e.codes.Sum(f.binding(), code)\n	}\n",
		"internal/flow", "TestCode_AResendKillsTheOldCodeAndGivesTheNewOneItsOwnTries",
	},
	{
		"a code is good in other flows", "internal/flow/code.go",
		"Flow: f.id.Key(), ", "", "internal/flow", "TestCode_IsBoundToItsFlow",
	},
	{
		"a refresh token is anybody's", "token/opaque.go",
		"	text = append(text, client...)\n", "", "token", "TestOpaque_ATokenIsForOneClient",
	},
	{
		"a refresh does not look at the epoch", "internal/flow/inspect.go",
		" || u.Epoch != m.Epoch {", " {", "internal/flow", "TestRefresh_DiesWithTheEpochAndTheAccount",
	},
	{
		"a password that changes ends no session", "internal/flow/password.go",
		"	u.MustChangePassword = false\n	u.Epoch++\n", "	u.MustChangePassword = false\n",
		"handler", "TestEpoch_WhatEndsSessionsEndsThemEverywhere",
	},
	{
		"who has no account costs no hash", "password/hasher.go",
		"		return Result{}, h.Pretend(ctx, password)\n", "		return Result{}, nil\n",
		"password", "TestHasher_TheWorkIsTheSameWhoeverAsks|TestVerify_AnAccountWithoutAPasswordHasNone",
	},
	{
		"the mail is sent while the caller waits", "otp/queue.go",
		"	l.fresh = append(l.fresh, i)\n	q.held++\n	q.hire(l)\n", "	_, _ = q.send(i.message)\n",
		"otp", "TestQueue_AHangingSenderHoldsUpNoCaller",
	},
	{
		"whoever calls says where from", "handler/caller.go",
		"	if !c.trusts(addr) {\n		return addr\n	}\n	hops", "	hops",
		"handler", "TestClientAddr_IsThePeerOrWhatATrustedProxySaw",
	},
	{
		"the token says which algorithm it is checked with", "token/jwt.go",
		" && k.Algorithm == alg && k.IsPublic()", " && k.IsPublic()", "token", "TestVerify_NoForgeryIsAccepted",
	},
	{
		"any kind of token is an access token", "token/jwt.go",
		"got != string(typ)", "got == \"\"", "token", "TestSigner_AWholeKindIsAcceptedAsThatKindOnly",
	},
	{
		"a token never ends", "token/jwt.go",
		"	case !now.Before(time.Unix(c.Expires, 0).Add(Leeway)):\n		return invalid(\"expired\")\n", "",
		"token", "TestVerify_JudgesTimesToTheSecondWithAMinuteOfLeeway",
	},
	{
		"the beginning of a hash is enough", "otp/code.go",
		"hmac.Equal(hash, sum[:])", "hmac.Equal(hash[:min(1, len(hash))], sum[:1])", "otp", "TestHasher_OnlyTheWholeHashVerifies",
	},
	{
		"of a doubled parameter the first counts", "handler/form.go",
		"			if name != \"continuation_token\" {\n				return nil, malformed(\"parameter \" + name + \" is given twice\")\n			}\n", "			if name != \"continuation_token\" {\n				continue\n			}\n",
		"handler", "TestForm_EveryOtherKnownParameterIsRefusedWhenDoubled",
	},
	{
		"a transaction locks when it first writes", "adapters/sqlstore/sqlite.go",
		"`BEGIN IMMEDIATE`", "`BEGIN DEFERRED`", "adapters/sqlstore", "TestOpen_ManyInstancesStartAtOnce/SQLite",
	},
	{
		"a count is taken back with a call that fails", "internal/flow/code.go",
		"			return nil\n		}\n		return e.codeFailed(ctx)\n", "			return nil\n		}\n		_, _ = e.State.Add(ctx, f.counter.key, -1, f.counter.life)\n		return e.codeFailed(ctx)\n",
		"internal/flow", "TestCode_FiveTriesAndNoMore",
	},
	{
		"a link is built from what the caller calls the host", "handler/discovery.go",
		"	cfg := x.auth.cfg\n	scopes :=", "	cfg := x.auth.cfg\n	cfg.Issuer = \"http://\" + x.r.Host\n	scopes :=", "handler", "TestT22_NoHeaderMovesAnything",
	},
	{
		"a sender that panics ends the process", "otp/worker.go",
		"		if p := recover(); p != nil {\n			o, err = unknown", "		if p := any(nil); p != nil {\n			o, err = unknown",
		"otp", "TestQueue_OutlivesASenderThatPanics",
	},
	{
		"a step leaves the token before it good", "internal/flow/record.go",
		" || state(t.State) != f.State {\n		return ErrTokenReplaced", " && state(t.State) != f.State {\n		return ErrTokenReplaced",
		"internal/flow", "TestFlow_ATokenOfTheSameFlowWithAnotherSecretIsRefused",
	},
	{
		"what a token cannot do is found out by a look-up", "internal/flow/record.go",
		"	if _, ok := moves[move{state(t.State), ev}]; !ok || ", "	if _, ok := moves[move{state(t.State), ev}]; !ok && false || ",
		"internal/flow", "TestFlow_WhatATokenCannotDoIsToldWithoutALookUp",
	},
	{
		"an instance judges by its own clock", "internal/flow/record.go",
		"	if !e.Now().Before(t.Expires.Add(clockSkew)) {\n		return nil, ErrTokenExpired", "	if !e.Now().Before(t.Expires) {\n		return nil, ErrTokenExpired",
		"internal/flow", "TestSkew_ATokenIdlesTenMinutes",
	},
	{
		"hidden accounts are told of", "internal/flow/hidden.go",
		"	if !e.HideAccounts {\n		return record{}, ErrUserNotFound\n	}\n	address", "	if e.HideAccounts || true {\n		return record{}, ErrUserNotFound\n	}\n	address",
		"handler", "TestHide_TheOwnerIsToldByMail",
	},
	{
		"a refresh asks for no second factor", "internal/flow/gate.go",
		"	case due:\n		return clearance{}, ErrSecondFactor\n	}\n	return clearance{u, m.Second}, nil", "	}\n	return clearance{u, m.Second || due}, nil",
		"handler", "TestRefresh_WhenASecondFactorIsNewlyRequired|TestRefresh_OfEachFirstFactorIsHeldToThePolicy",
	},
	{
		"a sign-in keeps the session that the browser came with", "handler/keeping.go",
		"	if err := m.RenewToken(before); err != nil {\n		return wrap(err, \"end the session before\")\n	}\n", "",
		"handler", "TestSession_WorksBehindLoadAndSaveOfTheHost|TestSession_TheTokenChangesAtEachSignIn",
	},
	{
		"an old refresh token ends nothing", "internal/flow/refresh.go",
		"		return Tokens{}, e.revoke(ctx, t.Family, entry.Version, ErrRefreshReused)\n", "		return Tokens{}, ErrRefreshReused\n",
		"internal/flow", "TestRefresh_AnOldTokenEndsTheFamilyWhoeverUsesIt",
	},
	{
		"a protected route takes tokens for other APIs", "handler/middleware.go",
		" || !slices.Contains(claims.Audience, audience) ||", " ||", "handler", "TestRequireToken_OfAnotherAPIAsksForItsAudience|TestRequireToken_Refusals",
	},
	{
		"an expired code is good", "internal/flow/code.go",
		"	if e.codeExpired(f) {\n		return fmt.Errorf(\"%w: expired\", ErrCodeWrong)\n	}\n", "",
		"internal/flow", "TestSkew_ACodeIsGoodUpToItsLastMoment",
	},
	{
		"attempts have no end", "internal/flow/code.go",
		"	if f.count.Value > tries {", "	if f.count.Value > 1000*tries {",
		"internal/flow", "TestCode_FiveTriesAndNoMore",
	},
	{
		"a waiting right password is let in", "internal/flow/password.go",
		"	if !admitted { //", "	if admitted = n.Value < passwordLimit.most; !admitted { //",
		"handler", "TestTries_FromTheTenthOnEachHasToWaitLonger",
	},
}
