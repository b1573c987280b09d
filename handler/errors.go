package handler

// ErrorRow is one error of the contract, as the documentation lists it.
type ErrorRow struct {
	Status      int    // of HTTP
	Error       string // error
	SubError    string // suberror; "" where there is none
	Code        int    // the one member of error_codes
	Description string // what error_description says after the number
	When        string // what it is answered to
}

// Errors returns the errors of native authentication and of the token endpoint, as docs/errors.md has them: for who writes a
// stand-in, a client or a page about them. The standard endpoints and those of other vendors answer in words of their own.
func Errors() []ErrorRow {
	all := make([]ErrorRow, len(catalogue))
	for i, e := range catalogue {
		all[i] = ErrorRow{e.Status, e.Code, e.SubError, e.Number, e.Text, e.When}
	}
	return all
}
