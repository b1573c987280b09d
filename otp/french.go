package otp

const (
	frGoodFor = "Il est valable {life} et une seule fois."
	frBeware  = "Personne chez {app} ne vous demandera jamais ce code. Si vous ne l'avez pas demandé, vous pouvez ignorer ce " +
		"message ; rien ne se passe sans le code."
	frNotYou    = "Si ce n'était pas vous, vous pouvez ignorer ce message. Rien n'a été modifié."
	frTakenOver = "Si ce n'était pas vous, quelqu'un d'autre peut accéder à votre compte. S'il a un mot de passe, réinitialisez-le " +
		"maintenant dans l'application, assurez-vous que personne d'autre ne peut lire vos e-mails et "
	frNothing = "Si c'était vous, vous n'avez rien à faire."
	frKeep    = ", valable {life}. Ne le partagez pas."
)

// French returns the language of French.
func French() Language {
	return Language{
		Tag: "fr", Code: "Votre code est", Address: "cette adresse", Number: "ce numéro",
		When: " le 02/01/2006 à 15:04 UTC", Seconds: [2]string{"seconde", "secondes"}, Minutes: [2]string{"minute", "minutes"},
		Letters: map[Purpose]Letter{
			SignUp: {"Votre code {app}", []string{
				"Saisissez-le là où il vous a été demandé, pour terminer votre inscription à {app}. " + frGoodFor, frBeware},
				"est votre code d'inscription à {app}" + frKeep},
			SignIn: {"Votre code {app}", []string{
				"Saisissez-le là où il vous a été demandé, pour terminer votre connexion à {app}. " + frGoodFor, frBeware},
				"est votre code de connexion à {app}" + frKeep},
			Reset: {"Votre code pour changer de mot de passe {app}", []string{
				"Saisissez-le là où il vous a été demandé, pour choisir un nouveau mot de passe pour {app}. " + frGoodFor, frBeware},
				"est votre code pour changer de mot de passe {app}" + frKeep},
			SecondFactor: {"Votre code {app}", []string{
				"Saisissez-le là où il vous a été demandé, pour terminer votre connexion à {app}. " + frGoodFor,
				"Personne chez {app} ne vous demandera jamais ce code. Si vous ne l'avez pas demandé, quelqu'un a passé la première " +
					"étape de la connexion à votre compte, peut-être avec votre mot de passe. Sans le code, cette personne ne peut pas " +
					"terminer. Si le compte a un mot de passe, réinitialisez-le maintenant dans l'application."},
				"est votre code pour terminer la connexion à {app}" + frKeep},
			Registration: {"Votre code {app}", []string{
				"Saisissez-le là où il vous a été demandé, pour ajouter {contact} à votre compte {app}. " + frGoodFor, frBeware},
				"est votre code pour ajouter {contact} à votre compte {app}" + frKeep},

			PasswordChanged: {"Votre mot de passe {app} a été modifié", []string{
				"Le mot de passe de votre compte {app} a été modifié{when}.",
				frNothing,
				"Si ce n'était pas vous, ouvrez l'application, réinitialisez le mot de passe maintenant et assurez-vous que personne " +
					"d'autre ne peut lire vos e-mails."},
				"Le mot de passe de votre compte {app} a été modifié. Si ce n'était pas vous, réinitialisez-le dans l'application."},
			MethodAdded: {"Un moyen de confirmer les connexions a été ajouté à votre compte {app}", []string{
				"Un moyen de confirmer les connexions a été ajouté à votre compte {app}{when}.",
				frNothing,
				frTakenOver + "demandez à l'assistance de {app} de retirer cet ajout."},
				"Un moyen de confirmer les connexions a été ajouté à votre compte {app}. Pas vous ? Réinitialisez le mot de passe."},
			MethodRemoved: {"Un moyen de confirmer les connexions a été retiré de votre compte {app}", []string{
				"Un moyen de confirmer les connexions a été retiré de votre compte {app}{when}.",
				frNothing,
				frTakenOver + "demandez de l'aide à l'assistance de {app}."},
				"Un moyen de confirmer les connexions a été retiré de votre compte {app}. Pas vous ? Réinitialisez le mot de passe."},
			AlreadyRegistered: {"Vous avez déjà un compte {app}", []string{
				"Quelqu'un, peut-être vous, a essayé de s'inscrire à {app} avec {contact}. Il y a déjà un compte.",
				"Si c'était vous, connectez-vous. Si le compte a un mot de passe que vous avez oublié, vous pouvez le réinitialiser " +
					"dans l'application.",
				frNotYou},
				"Quelqu'un, peut-être vous, a essayé de s'inscrire à {app} avec {contact}. Il y a déjà un compte : connectez-vous."},
			NotRegistered: {"Vous n'avez pas de compte {app}", []string{
				"Quelqu'un, peut-être vous, a essayé de se connecter à {app} avec {contact}, ou de réinitialiser un mot de passe. Il n'y a pas de compte.",
				"Si c'était vous, essayez avec les coordonnées de votre inscription, ou inscrivez-vous avec celles-ci.",
				frNotYou},
				"Quelqu'un, peut-être vous, a essayé de se connecter à {app} avec {contact}. Il n'y a pas de compte."},
			NoPassword: {"Votre compte {app} n'a pas de mot de passe", []string{
				"Quelqu'un, peut-être vous, a essayé de réinitialiser le mot de passe de votre compte {app}. Le compte n'en a pas.",
				"Si c'était vous, connectez-vous avec un code, qui est envoyé à {contact}.",
				frNotYou},
				"Quelqu'un, peut-être vous, a voulu réinitialiser votre mot de passe {app}. Il n'y en a pas : connectez-vous avec un code."},
			AccountDisabled: {"Votre compte {app} ne peut pas être utilisé", []string{
				"Quelqu'un, peut-être vous, a essayé d'utiliser le compte {app} lié à {contact}. Ce compte ne peut pas être utilisé.",
				"Si c'était vous, adressez-vous à l'assistance de {app}.",
				frNotYou},
				"Quelqu'un, peut-être vous, a essayé d'utiliser votre compte {app}. Il est bloqué. Adressez-vous à l'assistance."},
		},
	}
}
