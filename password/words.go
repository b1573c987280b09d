package password

// accountWords say what a password is, what it opens or who has it. They add nothing, so several
// of them together are still common.
const accountWords = `
	password passwords passwort passord passwd passcode passphrase pass pword pwd code pincode key login logon
	logout signin signup user users username userid admin admins administrator root superuser guest owner member
	client customer account test tests tester testing trial demo sample example temp temporary default secret
	private security secure safe master system server service services portal database backup network internet
	website online web email mail mailbox home house work office company school student teacher manager support
	helpdesk computer laptop desktop phone mobile access enter entry open start begin welcome hello change
	changeme letmein please my the new old for you your this that mine our its not now here good best just only
	one two three abc abcd qwe qwer qwert qwerty asd asdf asdfg asdfgh zxc zxcv zxcvb zxcvbn qaz wsx azerty qwertz

	motdepasse parola parole senha contrasena contraseña clave lösenord losenord wachtwoord salasana haslo hasło
	heslo jelszo jelszó lozinka sifre şifre geheim kennwort benutzer utilisateur usuario utente пароль логин админ
	привет
`

// commonWords are what people think of when they are asked for a word: themselves, whom and what
// they like, and what is before their eyes. One of them and a few digits is a guess among the first.
const commonWords = `
	iloveyou iloveu ilovehim iloveher ilovegod ilovemom loveyou loveme lovely lover lovers love loving babyboy
	babygirl baby babe babes angel angels sweet sweetie sweetheart sweety honey darling sugar candy cookie cupcake
	princess prince queen king kings kitten kitty cutie pretty beautiful beauty gorgeous handsome hottie forever
	together always family mother father mommy mummy mama mamma daddy papa sister brother grandma grandpa husband
	wife friend friends bestfriend bestfriends buddy soulmate girlfriend boyfriend marriage wedding children

	whatever nothing something anything everything nobody somebody someone letmego goaway getout whocares fuckyou
	fuckoff fuckme fucker fuck bitch asshole bullshit shit dick pussy sexy sex porn naked bastard dumbass stupid
	idiot loser hateyou ihateyou trustme trustno trustnoone believe opensesame sesame abracadabra hocuspocus
	incorrect forgotten forgot dontknow idontknow donotuse nopassword blank blahblah blah
	foobar lorem ipsum testme goodluck lucky luck luckyone happy happiness smile smiley sunshine rainbow freedom
	peace hope faith grace blessed blessing heaven hell devil demon angelo lord jesus christ jesuschrist god
	godisgood godislove allah bismillah buddha krishna amen prayer church bible money cash rich millionaire dollar
	success winner champion victory power powerful number super superman supergirl superstar awesome cool coolest
	perfect amazing wonderful fantastic magic magical mystery miracle destiny dreams dreamer dream

	monkey dragon tiger lion panther leopard cheetah jaguar cougar puma lynx wolf wolves fox foxy bear bears panda
	koala eagle eagles falcon falcons hawk hawks raven ravens phoenix butterfly ladybug spider spiderman scorpion
	snake viper cobra python turtle dolphin dolphins shark sharks whale penguin penguins fish goldfish kitkat cat
	cats dog dogs doggie doggy puppy puppies horse horses pony unicorn rabbit bunny hamster mouse mickey minnie
	donald goofy pluto bambi simba nala elephant giraffe zebra gorilla chicken duck ducky rooster piggy cow bull
	bulls goat sheep frog froggy lizard dinosaur trex rex max buddyboy bella coco lola lucy daisy rocky bailey
	buster toby shadow smokey ginger pepper oreo whiskers fluffy snowball tinkerbell

	michael jennifer jessica ashley amanda joshua matthew daniel andrew joseph anthony robert william james john
	david richard thomas charles charlie christopher chris christian christina christine nicholas nicole nicola
	natalie natasha samantha sarah sara elizabeth emily emma olivia sophia sophie isabella isabelle mia ava chloe
	hannah hanna abigail madison victoria victor vanessa veronica melissa michelle rachel rebecca stephanie steven
	stephen steve patrick peter paul mark marcus martin martina maria marie mary mario luigi luis lewis louis
	louise laura lauren linda lisa lily alexander alexandra alexis alex alejandro andrea andreas angela angelina
	anna annie anne anton antonio arthur austin barbara benjamin benny bernard bianca brandon brenda brian
	brittany bruno camila carla carlos carmen carolina caroline catherine katherine kathryn katie kate kelly kevin
	kimberly kyle larry leonardo leon diana diego dennis denise derek dominic donna dorothy dylan edward eduardo
	elena eric erik ethan eugene eva felix fernando florian francesco francis francisco frank franz fred freddy
	frederick gabriel gabriela george georgia gerald giovanni giulia gloria gordon graham gregory guillermo harry
	harold heather hector heidi helen henry howard hunter igor ingrid ivan jack jackson jacob jake jamie jan jason
	jasmine javier jeffrey jeremy jerome jimmy joanna johanna johnny jonathan jordan jorge jose juan julia julian
	juliana julie julius justin karen karin karl keith kenneth kristina lena liam logan lorenzo lucas luca lukas
	lukasz magdalena manuel marcel marco margaret marina mason maximilian maxime miguel mike mohamed mohammed
	muhammad ahmed ali fatima omar hassan hussein monica monika nancy nathan neil nikita nikolai noah olga oliver
	oscar pablo pamela patricia pedro philip philipp pierre rafael ramon raymond ricardo roberto roger roman
	ronald rosemary rosa roxanne ryan sabrina sandra sandy santiago sasha scott sean sebastian sergey sergio
	shannon sharon simon simone stefan stefanie stella susan susanne svetlana sylvia tamara tatiana teresa theresa
	timothy tobias tony tracy tyler valentina valentin valerie vincent virginia vladimir walter wendy yvonne
	zachary zoe priya rahul amit raj deepak anjali sanjay sunita wei ming chen yuki sakura hiroshi kenji minh
	nguyen kim lee park саша маша наташа дима максим андрей любовь солнышко

	football soccer baseball basketball softball volleyball handball hockey tennis golf golfer rugby cricket
	boxing wrestling swimming surfing skater skateboard snowboard fishing hunting racing biker cyclist runner
	dancer dancing gymnast cheerleader liverpool arsenal chelsea manchester manutd united everton tottenham
	barcelona barca realmadrid madrid juventus inter milan bayern dortmund schalke ajax feyenoord benfica porto
	celtic rangers galatasaray fenerbahce besiktas flamengo corinthians palmeiras boca river cowboys steelers
	packers patriots raiders giants broncos yankees redsox dodgers cubs lakers celtics warriors bullseye ronaldo
	messi neymar beckham zidane maradona kobe lebron federer nadal schumacher senna

	monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
	september october november december spring summer autumn fall winter season christmas xmas easter halloween
	birthday holiday vacation weekend today tomorrow yesterday morning evening midnight montag freitag samstag
	sonntag sommer herbst fruhling frühling januar februar juni juli oktober dezember lundi vendredi samedi
	dimanche printemps hiver verano invierno primavera otono otoño lunes viernes domingo estate inverno

	red green blue black white yellow orange purple violet pink silver gold golden diamond diamonds crystal ruby
	emerald sapphire pearl amber blackcat blackberry bluesky blueberry redrose greenday whitney flower flowers
	rose roses lotus jasmin orchid tulip garden forest mountain ocean beach island lake water fire firefly thunder
	lightning storm hurricane tornado snow snowman snowflake ice moon moonlight sun sunny sunset sunrise sunflower
	star stars starlight sky earth world planet galaxy universe jupiter saturn mercury venus neptune apollo zeus
	athena hercules nature desert

	apple apples banana bananas cherry peaches peach strawberry lemon lemonade mango kiwi melon watermelon
	pineapple tomato potato carrot pumpkin chocolate vanilla caramel coffee espresso cappuccino whiskey vodka
	tequila wine beer guinness heineken budweiser cocacola pepsi burger hamburger pizza pasta spaghetti cheese
	butter bacon steak taco tacos nacho popcorn pancake muffin biscuit brownie snickers skittles nutella sushi

	mercedes ferrari porsche lamborghini bmw audi volkswagen toyota honda nissan mazda suzuki yamaha kawasaki
	ducati harley harleydavidson davidson corvette camaro mustang charger chevy chevrolet ford dodge jeep hummer
	subaru volvo peugeot renault fiat bugatti maserati bentley car cars truck trucker motorcycle airplane pilot
	samsung nokia iphone android google gmail hotmail yahoo facebook instagram twitter snapchat tiktok youtube
	whatsapp linkedin microsoft windows linux ubuntu oracle mysql postgres amazon netflix paypal ebay
	adobe cisco dell lenovo sony nintendo playstation xbox gamecube gamer games game minecraft fortnite roblox
	callofduty counterstrike warcraft starcraft leagueoflegends dota pubg steam zelda pokemon pikachu charizard
	sonic tetris pacman halo doom quake diablo skyrim tekken ninja samurai pirate warrior knight wizard hacker
	hacked hackme matrix

	starwars startrek skywalker darthvader vader yoda chewbacca hansolo spock enterprise gandalf frodo legolas
	hobbit mordor harrypotter hogwarts voldemort dumbledore hermione gryffindor batman joker robin ironman hulk
	thor loki captain avengers wolverine deadpool spongebob garfield snoopy scooby scoobydoo tweety bugsbunny
	tinker shrek nemo winnie barbie hellokitty naruto sasuke goku vegeta saiyan onepiece luffy dragonball
	sailormoon rambo terminator godzilla kingkong dracula vampire zombie zombies twilight titanic gladiator
	scarface bond jamesbond sherlock eminem metallica nirvana slipknot linkinpark acdc ironmaiden megadeth
	pinkfloyd beatles elvis madonna rihanna beyonce shakira britney justinbieber onedirection tupac guitar piano
	drums drummer music musica rockstar rocknroll rock metal hiphop rapper techno

	america american usa canada mexico mexican brazil brasil argentina colombia chile peru england london british
	britain scotland ireland irish wales france paris french germany german deutschland berlin hamburg munich
	muenchen münchen austria vienna switzerland italy italia roma rome napoli venice spain espana españa portugal
	lisboa holland amsterdam netherlands belgium brussels denmark copenhagen sweden stockholm norway oslo finland
	helsinki poland polska warszawa russia moscow moskva ukraine turkey turkiye istanbul ankara greece athens
	israel jerusalem egypt cairo morocco algeria nigeria kenya africa india indian mumbai delhi pakistan
	bangladesh china beijing shanghai hongkong taiwan japan tokyo osaka korea seoul thailand vietnam saigon
	indonesia jakarta malaysia singapore philippines manila australia sydney melbourne newzealand newyork brooklyn
	manhattan boston chicago detroit houston dallas texas denver florida miami orlando atlanta california
	hollywood losangeles sanfrancisco seattle vegas lasvegas portland hawaii alaska toronto montreal vancouver

	soleil bonjour coucou chouchou doudou cheval jetaime amour liberte marseille loulou hola amigo amor
	teamo tequiero mariposa estrella corazon princesa hermosa bonita ciao amore amoremio tiamo forza stellina
	hallo schatz liebe ichliebedich hallowelt sonnenschein schmetterling fussball fußball baerchen mausi hase
	ficken arschloch scheisse servus hejsan sommar fotboll hemmelig kjaerlighet kaliteli askim aşkım canim
	sevgilim kochanie misiek dupa kurwa slonce laska milacek szerelem obrigado saudade futebol namaste bharat
	ganesh saibaba sayang cinta doraemon anhyeuem

	engineer doctor nurse lawyer soldier marine marines navy army airforce police sheriff fireman firefighter
	president director boss chief general sergeant colonel major college university library science physics
	chemistry biology history english business finance banking accounting marketing sales human resources payroll
	invoice purchase cheers genius einstein newton picasso mozart beethoven shakespeare liberty justice
	independence patriot revolution republic democracy trump obama biden putin lincoln washington kennedy trinity
	serenity harmony melody infinity eternity immortal legend hero heroes monster killer murder death danger
	poison bullet gunner sniper rifle shooter skull blood witch ghost phantom spirit dakota cheyenne savannah
	sierra montana brandy sherry whisky tiffany chanel gucci prada armani versace rolex cartier nike adidas reebok
	supreme
`
