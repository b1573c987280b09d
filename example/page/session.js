// The tokens of whoever is signed in. They are kept in sessionStorage: a reload keeps the session,
// closing the tab ends it, and no other tab sees it.

const key = "contoso.session";

// current returns { app, tokens, ends } or null. ends is when the access token does, in ms.
export function current() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

export function keep(app, tokens) {
  const ends = Date.now() + tokens.expires_in * 1000;
  sessionStorage.setItem(key, JSON.stringify({ app, tokens, ends }));
}

export function drop() {
  sessionStorage.removeItem(key);
}

// claims decodes what a token says, to show it. Whether it is true is for the server to check: this
// page got the token from the server itself.
export function claims(token) {
  const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
