package flow

import "time"

// Limits are the budgets of accounts, of client addresses and of the whole deployment.
type Limits struct {
	Off      bool          // none of them
	PerHour  int           // codes of an account in any 60 minutes
	PerDay   int           // and in any 25 hours
	Every    time.Duration // between codes beyond that, of one try each; 0 means there are none
	Reserved int           // codes in any 25 hours on top, for callers who are known

	InARow int64 // tries at a factor of an account that fail, then it is disabled; 0 means never

	StartsPerMinute, StartsPerHour int64 // at one client address
	SignalsPerHour                 int64 // that tell it of an account
	AlarmAt                        int64 // failed codes within an hour; 0 means never
}

// MostCodes is the largest of these budgets that fits into what is kept of an account.
const MostCodes = 500
