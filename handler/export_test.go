package handler

// Paths are what an API serves, with the methods that each takes.
func (a *Auth) Paths() map[string][]string {
	all := make(map[string][]string, len(a.routes))
	for path, r := range a.routes {
		all[path] = r.methods
	}
	return all
}

// TokenOf is the continuation token that a State holds.
func (f *Flows) TokenOf(state string) string {
	c, _ := f.read(state)
	return c.Token
}
