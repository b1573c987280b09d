package otp

const (
	ptGoodFor = "Ele vale por {life} e uma única vez."
	ptBeware  = "Ninguém de {app} pedirá este código a você. Se você não o pediu, pode ignorar esta mensagem; nada acontece sem " +
		"o código."
	ptNotYou    = "Se não foi você, pode ignorar esta mensagem. Nada foi alterado."
	ptTakenOver = "Se não foi você, outra pessoa pode entrar na sua conta. Se ela tem senha, redefina-a agora no aplicativo, " +
		"verifique se ninguém mais pode ler seus e-mails e "
	ptNothing = "Se foi você, não é preciso fazer nada."
	ptKeep    = ", vale por {life}. Não o compartilhe."
)

// Portuguese returns the language of Portuguese, as it is written in Brazil.
func Portuguese() Language {
	return Language{
		Tag: "pt", Code: "Seu código é", Address: "este endereço", Number: "este número",
		When: " em 02/01/2006 às 15:04 UTC", Seconds: [2]string{"segundo", "segundos"}, Minutes: [2]string{"minuto", "minutos"},
		Letters: map[Purpose]Letter{
			SignUp: {"Seu código de {app}", []string{
				"Digite-o onde ele foi pedido, para concluir seu cadastro em {app}. " + ptGoodFor, ptBeware},
				"é seu código para se cadastrar em {app}" + ptKeep},
			SignIn: {"Seu código de {app}", []string{
				"Digite-o onde ele foi pedido, para concluir seu login em {app}. " + ptGoodFor, ptBeware},
				"é seu código para entrar em {app}" + ptKeep},
			Reset: {"Seu código para trocar a senha de {app}", []string{
				"Digite-o onde ele foi pedido, para escolher uma nova senha de {app}. " + ptGoodFor, ptBeware},
				"é seu código para trocar a senha de {app}" + ptKeep},
			SecondFactor: {"Seu código de {app}", []string{
				"Digite-o onde ele foi pedido, para concluir seu login em {app}. " + ptGoodFor,
				"Ninguém de {app} pedirá este código a você. Se você não o pediu, alguém passou pela primeira etapa do login na sua " +
					"conta, talvez com sua senha. Sem o código, essa pessoa não consegue concluir. Se a conta tem senha, redefina-a " +
					"agora no aplicativo."},
				"é seu código para concluir o login em {app}" + ptKeep},
			Registration: {"Seu código de {app}", []string{
				"Digite-o onde ele foi pedido, para adicionar {contact} à sua conta de {app}. " + ptGoodFor, ptBeware},
				"é seu código para adicionar {contact} à sua conta de {app}" + ptKeep},

			PasswordChanged: {"Sua senha de {app} foi alterada", []string{
				"A senha da sua conta de {app} foi alterada{when}.",
				ptNothing,
				"Se não foi você, abra o aplicativo, redefina a senha agora e verifique se ninguém mais pode ler seus e-mails."},
				"A senha da sua conta de {app} foi alterada. Se não foi você, redefina-a agora no aplicativo."},
			MethodAdded: {"Uma forma de confirmar logins foi adicionada à sua conta de {app}", []string{
				"Uma forma de confirmar logins foi adicionada à sua conta de {app}{when}.",
				ptNothing,
				ptTakenOver + "peça ao suporte de {app} que remova o que foi adicionado."},
				"Uma forma de confirmar logins foi adicionada à sua conta de {app}. Se não foi você, troque a senha e avise o suporte."},
			MethodRemoved: {"Uma forma de confirmar logins foi removida da sua conta de {app}", []string{
				"Uma forma de confirmar logins foi removida da sua conta de {app}{when}.",
				ptNothing,
				ptTakenOver + "peça ajuda ao suporte de {app}."},
				"Uma forma de confirmar logins foi removida da sua conta de {app}. Se não foi você, troque a senha e avise o suporte."},
			AlreadyRegistered: {"Você já tem uma conta em {app}", []string{
				"Alguém, talvez você, tentou se cadastrar em {app} com {contact}. Já existe uma conta.",
				"Se foi você, faça login. Se a conta tem uma senha que você esqueceu, pode redefini-la no aplicativo.",
				ptNotYou},
				"Alguém, talvez você, tentou se cadastrar em {app} com {contact}. Já existe uma conta: faça login."},
			NotRegistered: {"Você não tem conta em {app}", []string{
				"Alguém, talvez você, tentou entrar em {app} com {contact}, ou redefinir uma senha. Não existe conta.",
				"Se foi você, tente com os dados do seu cadastro, ou cadastre-se com estes.",
				ptNotYou},
				"Alguém, talvez você, tentou entrar em {app} com {contact}. Não existe conta."},
			NoPassword: {"Sua conta de {app} não tem senha", []string{
				"Alguém, talvez você, tentou redefinir a senha da sua conta de {app}. A conta não tem senha.",
				"Se foi você, entre com um código, que é enviado para {contact}.",
				ptNotYou},
				"Alguém, talvez você, tentou redefinir sua senha de {app}. A conta não tem senha: entre com um código."},
			AccountDisabled: {"Sua conta de {app} não pode ser usada", []string{
				"Alguém, talvez você, tentou usar a conta de {app} ligada a {contact}. Ela não pode ser usada.",
				"Se foi você, fale com o suporte de {app}.",
				ptNotYou},
				"Alguém, talvez você, tentou usar sua conta de {app}. Ela não pode ser usada. Fale com o suporte."},
		},
	}
}
