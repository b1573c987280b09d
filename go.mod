module github.com/nativeauth/nativeauth

go 1.26.0

require (
	github.com/go-jose/go-jose/v4 v4.1.8
	golang.org/x/net v0.62.0
)

require golang.org/x/text v0.43.0 // indirect
