package otp

const (
	esGoodFor = "Vale durante {life} y solo una vez."
	esBeware  = "Nadie de {app} le pedirá nunca este código. Si no lo ha pedido, puede ignorar este mensaje; sin el código no " +
		"ocurre nada."
	esNotYou    = "Si no ha sido usted, puede ignorar este mensaje. No se ha cambiado nada."
	esTakenOver = "Si no ha sido usted, otra persona puede entrar en su cuenta. Si tiene contraseña, restablézcala ahora en la " +
		"aplicación, asegúrese de que nadie más pueda leer su correo y "
	esNothing = "Si ha sido usted, no tiene que hacer nada."
	esKeep    = ", vale {life}. No lo comparta."
)

// Spanish returns the language of Spanish.
func Spanish() Language {
	return Language{
		Tag: "es", Code: "Su código es", Address: "esta dirección", Number: "este número",
		When: " el 02/01/2006 a las 15:04 UTC", Seconds: [2]string{"segundo", "segundos"}, Minutes: [2]string{"minuto", "minutos"},
		Letters: map[Purpose]Letter{
			SignUp: {"Su código de {app}", []string{
				"Escríbalo donde se le ha pedido, para terminar de registrarse en {app}. " + esGoodFor, esBeware},
				"es su código para registrarse en {app}" + esKeep},
			SignIn: {"Su código de {app}", []string{
				"Escríbalo donde se le ha pedido, para terminar de iniciar sesión en {app}. " + esGoodFor, esBeware},
				"es su código para iniciar sesión en {app}" + esKeep},
			Reset: {"Su código para cambiar la contraseña de {app}", []string{
				"Escríbalo donde se le ha pedido, para elegir una contraseña nueva de {app}. " + esGoodFor, esBeware},
				"es su código para cambiar la contraseña de {app}" + esKeep},
			SecondFactor: {"Su código de {app}", []string{
				"Escríbalo donde se le ha pedido, para terminar de iniciar sesión en {app}. " + esGoodFor,
				"Nadie de {app} le pedirá nunca este código. Si no lo ha pedido, alguien ha superado el primer paso para entrar en su " +
					"cuenta, quizá con su contraseña. Sin el código no puede terminar. Si la cuenta tiene contraseña, restablézcala " +
					"ahora en la aplicación."},
				"es su código para terminar de iniciar sesión en {app}" + esKeep},
			Registration: {"Su código de {app}", []string{
				"Escríbalo donde se le ha pedido, para añadir {contact} a su cuenta de {app}. " + esGoodFor, esBeware},
				"es su código para añadir {contact} a su cuenta de {app}" + esKeep},

			PasswordChanged: {"Se ha cambiado su contraseña de {app}", []string{
				"Se ha cambiado la contraseña de su cuenta de {app}{when}.",
				esNothing,
				"Si no ha sido usted, abra la aplicación, restablezca la contraseña ahora y asegúrese de que nadie más pueda leer su correo."},
				"Se ha cambiado la contraseña de su cuenta de {app}. Si no ha sido usted, restablézcala ahora en la aplicación."},
			MethodAdded: {"Se ha añadido a su cuenta de {app} una forma de confirmar inicios de sesión", []string{
				"Se ha añadido a su cuenta de {app} una forma de confirmar inicios de sesión{when}.",
				esNothing,
				esTakenOver + "pida a la asistencia de {app} que quite lo añadido."},
				"Se ha añadido a su cuenta de {app} una forma de confirmar inicios de sesión. Si no ha sido usted, cambie la contraseña."},
			MethodRemoved: {"Se ha quitado de su cuenta de {app} una forma de confirmar inicios de sesión", []string{
				"Se ha quitado de su cuenta de {app} una forma de confirmar inicios de sesión{when}.",
				esNothing,
				esTakenOver + "pida ayuda a la asistencia de {app}."},
				"Se ha quitado de su cuenta de {app} una forma de confirmar inicios de sesión. Si no ha sido usted, cambie la contraseña."},
			AlreadyRegistered: {"Ya tiene una cuenta en {app}", []string{
				"Alguien, quizá usted, ha intentado registrarse en {app} con {contact}. Ya hay una cuenta.",
				"Si ha sido usted, inicie sesión. Si la cuenta tiene una contraseña que no recuerda, puede restablecerla en la aplicación.",
				esNotYou},
				"Alguien, quizá usted, ha intentado registrarse en {app} con {contact}. Ya hay una cuenta: inicie sesión."},
			NotRegistered: {"No tiene cuenta en {app}", []string{
				"Alguien, quizá usted, ha intentado iniciar sesión en {app} con {contact}, o restablecer una contraseña. No hay ninguna cuenta.",
				"Si ha sido usted, pruebe con los datos con los que se registró, o regístrese con estos.",
				esNotYou},
				"Alguien, quizá usted, ha intentado iniciar sesión en {app} con {contact}. No hay ninguna cuenta."},
			NoPassword: {"Su cuenta de {app} no tiene contraseña", []string{
				"Alguien, quizá usted, ha intentado restablecer la contraseña de su cuenta de {app}. La cuenta no tiene contraseña.",
				"Si ha sido usted, inicie sesión con un código, que se envía a {contact}.",
				esNotYou},
				"Alguien, quizá usted, ha intentado restablecer su contraseña de {app}. No tiene: inicie sesión con un código."},
			AccountDisabled: {"Su cuenta de {app} no se puede usar", []string{
				"Alguien, quizá usted, ha intentado usar la cuenta de {app} de {contact}. La cuenta no se puede usar.",
				"Si ha sido usted, consulte a la asistencia de {app}.",
				esNotYou},
				"Alguien, quizá usted, ha intentado usar su cuenta de {app}. No se puede usar. Consulte a la asistencia."},
		},
	}
}
