// Every request of this page is made here: forms to the native authentication API, and calls of the
// app's own API with the access token that came out of it.

const base = document.documentElement.dataset.api;

export const scope = "openid profile offline_access";

// Refusal is an answer that is not a success. status is 0 when there was no answer at all.
export class Refusal extends Error {
  constructor(status, body = {}, wait = 0) {
    super(body.error ?? "no answer");
    this.status = status;
    this.error = body.error ?? "";
    this.suberror = body.suberror ?? "";
    this.codes = body.error_codes ?? [];
    this.description = body.error_description ?? "";
    this.correlation = body.correlation_id ?? "";
    this.token = body.continuation_token;
    this.required = body.required_attributes ?? [];
    this.invalid = body.invalid_attributes ?? [];
    this.acr = body.acr_values ?? ""; // what a new sign-in has to reach (RFC 9470)
    this.wait = wait; // seconds, from Retry-After
  }

  // over says that the flow is gone and only a new one helps.
  get over() {
    return this.error === "expired_token" || this.codes.includes(55200);
  }
}

let witness = () => {};

// onCall sets who is told of each call: { method, path, status, took, refusal }.
export function onCall(f) {
  witness = f;
}

async function request(method, path, init) {
  const began = performance.now();
  const seen = (status, refusal) =>
    witness({ method, path, status, refusal, took: Math.round(performance.now() - began) });
  try {
    const response = await fetch(path, { method, cache: "no-store", ...init });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refusal(response.status, body, Number(response.headers.get("Retry-After")) || 0);
    if (body.challenge_type === "redirect") throw new Refusal(response.status, { error: "redirect" });
    seen(response.status);
    return body;
  } catch (thrown) {
    const refusal = thrown instanceof Refusal ? thrown : new Refusal(0);
    seen(refusal.status, refusal);
    throw refusal;
  }
}

// post sends one step of a flow; members without a value are left out.
export function post(step, fields) {
  return request("POST", `${base}/${step}`, { body: form(fields) });
}

function form(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined));
}

// own calls the app's own API.
export function own(method, path, accessToken, fields) {
  const headers = { Authorization: `Bearer ${accessToken}` };
  return request(method, `/api/${path}`, { headers, body: fields && form(fields) });
}
