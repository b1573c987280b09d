package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
)

// Both drivers print by themselves what becomes of single connections. What matters of it comes back
// as an error, too, so the rest is for whoever debugs.
func init() {
	_ = mysql.SetLogger(driverLog("mysql")) // fails for nil only
	redis.SetLogger(driverLog("redis"))
}

// driverLog hands what a driver prints to slog.
type driverLog string

// Print is what the driver of MySQL calls.
func (d driverLog) Print(words ...any) {
	slog.Debug(string(d), "says", fmt.Sprint(words...))
}

// Printf is what the client of Redis calls.
func (d driverLog) Printf(ctx context.Context, format string, words ...any) {
	slog.DebugContext(ctx, string(d), "says", fmt.Sprintf(format, words...))
}
