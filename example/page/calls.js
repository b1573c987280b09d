// The list of calls: what a developer wants to see, and never a secret. It names paths and
// outcomes, no bodies.

import { $, make } from "./dom.js";

const most = 8;

export function show({ method, path, status, took, refusal }) {
  const list = $("call-list");
  const parts = path.replace(document.documentElement.dataset.api, "").split(/(?=\/)/).flatMap((part) => [part, make("wbr")]);
  const result = status ? `${status} · ${took} ms` : "no answer";
  const item = make("li", {}, make("span", {}, `${method} `, ...parts), make("span", { className: "result" }, result));
  if (refusal) {
    const detail = [refusal.error, refusal.suberror, ...refusal.codes].filter(Boolean).join(" · ");
    if (!refusal.token) item.className = "refused"; // with a token it is no end but a way on
    if (detail) item.append(make("span", { className: "detail" }, detail));
  }
  list.append(item);
  while (list.children.length > most) list.firstElementChild.remove();
}
