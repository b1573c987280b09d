package password

import (
	"slices"
	"strings"
	"sync"
)

// lines are rows of characters that hands or heads follow, forwards and backwards. A digit of the
// top row stands for the sign above it as well.
var lines = strings.Fields(`
	01234567890 13579 02468 97531 86420 24681012 1357924680 2468013579 112358132134 314159265358979
	abcdefghijklmnopqrstuvwxyz абвгдежзийклмнопрстуфхцчшщъыьэюя αβγδεζηθικλμνξοπρστυφχψω

	1234567890-=  qwertyuiop[]  asdfghjkl;'  zxcvbnm,./
	azertyuiop    qsdfghjklm    wxcvbn
	qwertzuiopü   asdfghjklöä   yxcvbnm
	йцукенгшщзхъ  фывапролджэ   ячсмитьбю

	1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/ zaq12wsxcde34rfvbgt56yhnmju7 zaq1xsw2cde3vfr4bgt5nhy6mju7
	1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 qawsedrftgyhujikolp azsxdcfvgbhnjmk qazwsxedcrfvtgbyhnujmikolp
	qweasdzxc qweasdyxc azeqsdwxc qwaszx asdqwe zxcasdqwe wasd

	147258369 789456123 741852963 159357 951753 258 0258 7410 9630
	1a2b3c4d5e6f7g8h9i0j a1b2c3d4e5f6g7h8i9j0 abc123def456ghi789 a1s2d3f4g5h6j7k8l9
`)

// signs are those above the digits of the top row.
var signs = map[rune]rune{
	'!': '1', '@': '2', '#': '3', '$': '4', '%': '5', '^': '6', '&': '7', '*': '8', '(': '9', ')': '0', '_': '-', '+': '=',
}

// runs are all of three characters that follow one another on a line, or on one of doubles.
var runs = sync.OnceValue(func() map[[minRun]rune]bool {
	set := map[[minRun]rune]bool{}
	add := func(line []rune) {
		for i := range len(line) - minRun + 1 {
			set[[minRun]rune(line[i:])] = true
		}
	}
	for _, text := range lines {
		line := []rune(text)
		var doubles []rune
		for _, r := range line {
			doubles = append(doubles, r, r)
		}
		for _, l := range [][]rune{line, doubles} {
			add(l)
			slices.Reverse(l)
			add(l)
		}
	}
	return set
})

// isRun tells whether three characters are equal or follow one another.
func isRun(text []rune) bool {
	three := [minRun]rune(text)
	for i, r := range three {
		if digit, is := signs[r]; is {
			three[i] = digit
		}
	}
	return three[0] == three[1] && three[1] == three[2] || runs()[three]
}
