package otp

const (
	enGoodFor = "It is good for {life} and works once."
	enBeware  = "Nobody from {app} will ever ask you for this code. If you did not ask for it, you can ignore " +
		"this message; nothing happens without the code."
	enNotYou    = "If it was not you, you can ignore this message. Nothing was changed."
	enTakenOver = "If it was not you, somebody else can get into your account. If it has a password, reset it in " +
		"the app now, make sure that nobody else can read your mail, and "
	enNothing = "If it was you, there is nothing to do."
	enKeep    = ", good for {life}. Do not share it."
)

var english = English()

// English returns the language that messages have where no other is wanted.
//
// No letter of any language has a link, so that nobody gets used to following one from a message to a place where passwords
// are asked for.
func English() Language {
	return Language{
		Tag: "en", Code: "Your code is", Address: "this address", Number: "this number",
		When: " on 2 January 2006 at 15:04 UTC", Seconds: [2]string{"second", "seconds"}, Minutes: [2]string{"minute", "minutes"},
		Letters: map[Purpose]Letter{
			SignUp: {"Your {app} code", []string{
				"Type it where you were asked for it, to finish signing up for {app}. " + enGoodFor, enBeware},
				"is your code to sign up for {app}" + enKeep},
			SignIn: {"Your {app} code", []string{
				"Type it where you were asked for it, to finish signing in to {app}. " + enGoodFor, enBeware},
				"is your code to sign in to {app}" + enKeep},
			Reset: {"Your {app} password reset code", []string{
				"Type it where you were asked for it, to choose a new password for {app}. " + enGoodFor, enBeware},
				"is your code to reset your {app} password" + enKeep},
			SecondFactor: {"Your {app} code", []string{
				"Type it where you were asked for it, to finish signing in to {app}. " + enGoodFor,
				"Nobody from {app} will ever ask you for this code. If you did not ask for it, somebody has passed " +
					"the first step of signing in to your account, perhaps with your password. They cannot finish " +
					"without the code. If the account has a password, reset it in the app now."},
				"is your code to finish signing in to {app}" + enKeep},
			Registration: {"Your {app} code", []string{
				"Type it where you were asked for it, to add {contact} to your {app} account. " + enGoodFor, enBeware},
				"is your code to add {contact} to your {app} account" + enKeep},

			PasswordChanged: {"Your {app} password was changed", []string{
				"The password of your {app} account was changed{when}.",
				enNothing,
				"If it was not you, open the app and reset the password now, and make sure that nobody else " +
					"can read your mail."},
				"The password of your {app} account was changed. If it was not you, reset it in the app now."},
			MethodAdded: {"A way to confirm sign-ins was added to your {app} account", []string{
				"A way to confirm sign-ins was added to your {app} account{when}.",
				enNothing,
				enTakenOver + "ask the support of {app} to remove what was added."},
				"A way to confirm sign-ins was added to your {app} account. If it was not you, reset your password " +
					"and tell the support."},
			MethodRemoved: {"A way to confirm sign-ins was removed from your {app} account", []string{
				"A way to confirm sign-ins was removed from your {app} account{when}.",
				enNothing,
				enTakenOver + "ask the support of {app} for help."},
				"A way to confirm sign-ins was removed from your {app} account. If it was not you, reset your " +
					"password and tell the support."},
			AlreadyRegistered: {"You already have an account with {app}", []string{
				"Somebody, perhaps you, tried to sign up for {app} with {contact}. It has an account already.",
				"If it was you, sign in instead. If the account has a password that you do not remember, you can " +
					"reset it in the app.",
				enNotYou},
				"Somebody, perhaps you, tried to sign up for {app} with {contact}. It has an account already: " +
					"sign in instead."},
			NotRegistered: {"You have no {app} account", []string{
				"Somebody, perhaps you, tried to sign in to {app} with {contact}, or to reset a password. It has no account.",
				"If it was you, try the one that you signed up with, or sign up with this one.",
				enNotYou},
				"Somebody, perhaps you, tried to sign in to {app} with {contact}. It has no account."},
			NoPassword: {"Your {app} account has no password", []string{
				"Somebody, perhaps you, tried to reset the password of your {app} account. The account has " +
					"no password.",
				"If it was you, sign in with a code, which is sent to {contact}.",
				enNotYou},
				"Somebody, perhaps you, tried to reset the password of your {app} account. It has none: sign in " +
					"with a code."},
			AccountDisabled: {"Your {app} account cannot be used", []string{
				"Somebody, perhaps you, tried to use the {app} account of {contact}. The account cannot be used.",
				"If it was you, please ask the support of {app}.",
				enNotYou},
				"Somebody, perhaps you, tried to use your {app} account. It cannot be used. Please ask the support."},
		},
	}
}
