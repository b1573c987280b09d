package handler_test

import (
	"fmt"

	"github.com/nativeauth/nativeauth/handler"
)

// A second factor, from its registration after the sign-up to its use at a sign-in.
func ExampleFlows_Register() {
	codes := make(inbox, 4)
	client := handler.Client{ID: "web", Passwords: true, SecondFactor: handler.Always}
	ctx, flows := newFlows(client, codes)
	step, _ := flows.SignUp(ctx, handler.SignUp{Username: "ada@example.com", Password: "a quiet harbour"})
	step, err := flows.Code(ctx, step.State, <-codes)
	fmt.Println(step.Needs, step.Methods[0].ID, err)

	step, err = flows.Register(ctx, step.State, "email", "ada@work.example")
	fmt.Println(step.Needs, step.Challenge.Target, err)
	step, err = flows.Code(ctx, step.State, <-codes)
	fmt.Println(step.Needs, err)
	<-codes // the mail that tells Ada of it

	step, err = flows.SignIn(ctx, "ada@example.com")
	fmt.Println(flows.Show(step.State).Needs, err) // what a page that is loaded again draws
	step, err = flows.Password(ctx, step.State, "a quiet harbour")
	fmt.Println(step.Needs, err)
	step, err = flows.Choose(ctx, step.State, step.Methods[0].ID)
	fmt.Println(step.Needs, err)
	step, err = flows.Code(ctx, step.State, <-codes)
	fmt.Println(step.Needs, step.Tokens != nil, err)
	// Output:
	// registration email <nil>
	// code ada@work.example <nil>
	// nothing <nil>
	// password <nil>
	// second-factor <nil>
	// code <nil>
	// nothing true <nil>
}

// A password that was forgotten.
func ExampleFlows_Reset() {
	codes := make(inbox, 4)
	ctx, flows := newFlows(handler.Client{ID: "web", Passwords: true}, codes)
	step, _ := flows.SignUp(ctx, handler.SignUp{Username: "ada@example.com", Password: "a quiet harbour"})
	_, _ = flows.Code(ctx, step.State, <-codes)

	step, err := flows.Reset(ctx, "ada@example.com")
	for err == nil && step.Needs != handler.NeedNothing {
		fmt.Println(step.Needs)
		switch step.Needs {
		case handler.NeedCode:
			step, err = flows.Code(ctx, step.State, <-codes)
		case handler.NeedNewPassword:
			step, err = flows.Password(ctx, step.State, "a busy harbour")
		case handler.NeedRetry: // a part was out of order after all was proven
			step, err = flows.Retry(ctx, step.State)
		}
	}
	fmt.Println(step.Needs, err)
	// Output:
	// code
	// new-password
	// nothing <nil>
}
