package sqlstore

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// cleanBatch is how many rows one statement removes at most, so that nobody waits for long behind it.
const cleanBatch = 500

// clean removes all rows that have expired, in batches between which others can write.
func (s *Store) clean(ctx context.Context) error {
	for _, query := range []string{s.queries.cleanState, s.queries.cleanCounters} {
		for removed := int64(cleanBatch); removed == cleanBatch; {
			var err error
			if removed, err = s.exec(ctx, query, cleanBatch); err != nil {
				return err
			}
		}
	}
	return nil
}

// cleaner calls something again and again until it is stopped.
type cleaner struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startCleaner calls clean at every interval, on a goroutine of its own.
func startCleaner(clean func(context.Context) error, interval time.Duration, log *slog.Logger) *cleaner {
	ctx, cancel := context.WithCancel(context.Background())
	c := &cleaner{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := recovered(func() error { return clean(ctx) }); err != nil && ctx.Err() == nil {
				log.LogAttrs(ctx, slog.LevelError, "sqlstore: expired rows were not removed", slog.Any("error", err))
			}
		}
	}()
	return c
}

// stop waits until the goroutine has ended.
func (c *cleaner) stop() {
	c.cancel()
	<-c.done
}

// recovered turns a panic, say of a driver, into an error: the host's process is not ours to end.
func recovered(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}
