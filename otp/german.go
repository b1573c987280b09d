package otp

const (
	deGoodFor = "Er gilt {life} lang und nur einmal."
	deBeware  = "Niemand von {app} wird Sie je nach diesem Code fragen. Wenn Sie ihn nicht angefordert haben, können Sie " +
		"diese Nachricht ignorieren; ohne den Code geschieht nichts."
	deNotYou    = "Wenn Sie es nicht waren, können Sie diese Nachricht ignorieren. Es wurde nichts geändert."
	deTakenOver = "Wenn Sie es nicht waren, hat jemand anderes Zugang zu Ihrem Konto. Falls es ein Passwort hat, setzen Sie es jetzt " +
		"in der App zurück, sorgen Sie dafür, dass niemand sonst Ihre E-Mails lesen kann, und "
	deNothing = "Wenn Sie es waren, ist nichts zu tun."
	deKeep    = ", gültig {life}. Geben Sie ihn nicht weiter."
)

// German returns the language of German, with the formal address.
func German() Language {
	return Language{
		Tag: "de", Code: "Ihr Code ist", Address: "dieser Adresse", Number: "dieser Nummer",
		When: " am 02.01.2006 um 15:04 UTC", Seconds: [2]string{"Sekunde", "Sekunden"}, Minutes: [2]string{"Minute", "Minuten"},
		Letters: map[Purpose]Letter{
			SignUp: {"Ihr Code für {app}", []string{
				"Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um die Registrierung bei {app} abzuschließen. " + deGoodFor, deBeware},
				"ist Ihr Code zur Registrierung bei {app}" + deKeep},
			SignIn: {"Ihr Code für {app}", []string{
				"Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um die Anmeldung bei {app} abzuschließen. " + deGoodFor, deBeware},
				"ist Ihr Code zur Anmeldung bei {app}" + deKeep},
			Reset: {"Ihr Code für ein neues Passwort bei {app}", []string{
				"Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um ein neues Passwort für {app} zu wählen. " + deGoodFor, deBeware},
				"ist Ihr Code für ein neues Passwort bei {app}" + deKeep},
			SecondFactor: {"Ihr Code für {app}", []string{
				"Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um die Anmeldung bei {app} abzuschließen. " + deGoodFor,
				"Niemand von {app} wird Sie je nach diesem Code fragen. Wenn Sie ihn nicht angefordert haben, hat jemand den " +
					"ersten Schritt der Anmeldung bei Ihrem Konto geschafft, vielleicht mit Ihrem Passwort. Ohne den Code kommt niemand " +
					"weiter. Falls das Konto ein Passwort hat, setzen Sie es jetzt in der App zurück."},
				"ist Ihr Code, um die Anmeldung bei {app} abzuschließen" + deKeep},
			Registration: {"Ihr Code für {app}", []string{
				"Geben Sie ihn dort ein, wo Sie danach gefragt wurden, um Ihr Konto bei {app} mit {contact} zu verbinden. " + deGoodFor, deBeware},
				"ist Ihr Code, um Ihr Konto bei {app} mit {contact} zu verbinden" + deKeep},

			PasswordChanged: {"Ihr Passwort für {app} wurde geändert", []string{
				"Das Passwort Ihres Kontos bei {app} wurde{when} geändert.",
				deNothing,
				"Wenn Sie es nicht waren, öffnen Sie die App, setzen Sie das Passwort jetzt zurück und sorgen Sie dafür, dass " +
					"niemand sonst Ihre E-Mails lesen kann."},
				"Das Passwort Ihres Kontos bei {app} wurde geändert. Wenn Sie es nicht waren, setzen Sie es jetzt in der App zurück."},
			MethodAdded: {"Ihr Konto bei {app} hat einen neuen Weg, Anmeldungen zu bestätigen", []string{
				"Ihr Konto bei {app} hat{when} einen neuen Weg bekommen, Anmeldungen zu bestätigen.",
				deNothing,
				deTakenOver + "bitten Sie den Support von {app}, ihn wieder zu entfernen."},
				"Ihr Konto bei {app} hat einen neuen Weg, Anmeldungen zu bestätigen. Nicht von Ihnen? Passwort zurücksetzen, Support rufen."},
			MethodRemoved: {"Ihr Konto bei {app} hat einen Weg weniger, Anmeldungen zu bestätigen", []string{
				"Von Ihrem Konto bei {app} wurde{when} ein Weg entfernt, Anmeldungen zu bestätigen.",
				deNothing,
				deTakenOver + "bitten Sie den Support von {app} um Hilfe."},
				"Ihr Konto bei {app} hat einen Weg weniger, Anmeldungen zu bestätigen. Nicht von Ihnen? Passwort zurücksetzen, Support rufen."},
			AlreadyRegistered: {"Sie haben schon ein Konto bei {app}", []string{
				"Jemand, vielleicht Sie, wollte sich mit {contact} bei {app} registrieren. Zu ihr gibt es schon ein Konto.",
				"Wenn Sie es waren, melden Sie sich stattdessen an. Falls das Konto ein Passwort hat, das Sie nicht mehr wissen, können " +
					"Sie es in der App zurücksetzen.",
				deNotYou},
				"Jemand, vielleicht Sie, wollte sich mit {contact} bei {app} registrieren. Es gibt schon ein Konto: melden Sie sich an."},
			NotRegistered: {"Sie haben kein Konto bei {app}", []string{
				"Jemand, vielleicht Sie, wollte sich mit {contact} bei {app} anmelden oder ein Passwort zurücksetzen. Zu ihr gibt es kein Konto.",
				"Wenn Sie es waren, versuchen Sie es mit der, mit der Sie sich registriert haben, oder registrieren Sie sich mit dieser.",
				deNotYou},
				"Jemand, vielleicht Sie, wollte sich mit {contact} bei {app} anmelden. Es gibt kein Konto."},
			NoPassword: {"Ihr Konto bei {app} hat kein Passwort", []string{
				"Jemand, vielleicht Sie, wollte das Passwort Ihres Kontos bei {app} zurücksetzen. Das Konto hat kein Passwort.",
				"Wenn Sie es waren, melden Sie sich mit einem Code an. Er kommt zu {contact}.",
				deNotYou},
				"Jemand, vielleicht Sie, wollte Ihr Passwort bei {app} zurücksetzen. Es gibt keines: melden Sie sich mit einem Code an."},
			AccountDisabled: {"Ihr Konto bei {app} ist gesperrt", []string{
				"Jemand, vielleicht Sie, wollte das Konto zu {contact} bei {app} benutzen. Es ist gesperrt.",
				"Wenn Sie es waren, fragen Sie bitte den Support von {app}.",
				deNotYou},
				"Jemand, vielleicht Sie, wollte Ihr Konto bei {app} benutzen. Es ist gesperrt. Bitte fragen Sie den Support."},
		},
	}
}
