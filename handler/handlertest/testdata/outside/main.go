// A program that is no test.
package main

import "github.com/nativeauth/nativeauth/handler/handlertest"

func main() { handlertest.New(nil) }
