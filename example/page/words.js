// What a refusal means for the person who reads it.

// duration returns seconds in words, as "40 seconds" or "3 minutes".
export function duration(seconds) {
  if (seconds < 90) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

// clock returns seconds as "0:42" or "14:05".
export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// explain puts a refusal that the step at hand has no words of its own for.
export function explain(refusal) {
  if (refusal.status === 0) return "The server doesn’t answer. Check your connection, then try again.";
  if (refusal.status === 429) {
    return refusal.wait
      ? `That was a lot of tries. Wait ${duration(refusal.wait)}, then try again.`
      : "That was a lot of tries. Wait a little, then try again.";
  }
  if (refusal.status === 503) return "The service is busy right now. Try again in a moment.";
  if (refusal.status >= 500) return `Something went wrong on the server. If it stays that way, quote ${refusal.correlation || "the time"}.`;
  if (refusal.error === "redirect") return "The server wants a way of signing in that this page doesn’t have.";
  // "AADSTS50181: The text.\r\nTrace ID: …" is for developers; its first line, without the number, is for everybody.
  const [first] = refusal.description.split(/\r?\n/);
  return first.replace(/^AADSTS\d+:\s*/, "") || "The server refused that.";
}

const passwords = {
  password_too_short: (least) => `That’s too short. It takes at least ${least} characters.`,
  password_too_long: () => "That’s too long. At most 256 characters can be kept.",
  password_too_weak: () => "That’s too plain. Mix small letters, capitals, digits and signs.",
  password_banned: () => "That’s easily guessed: it’s common, or made of your name or address. Try a few words that don’t belong together.",
  password_recently_used: () => "That’s your password already, or it was of late. Choose another one.",
  password_is_invalid: () => "That can’t be a password: it’s blank, or has characters in it that can’t be typed.",
};

// ofPassword says why a password was refused; undefined if it was not.
export function ofPassword(suberror, least) {
  return passwords[suberror]?.(least);
}
