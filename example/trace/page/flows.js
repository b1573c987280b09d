// Keeps the page up to date. What comes in is the page's own markup, made and escaped by the server.

const { path, since } = document.body.dataset;
const only = document.body.dataset.flow; // the number of the one that is shown, "0" for all
const list = document.getElementById("list");
const empty = document.getElementById("empty");
const notice = document.getElementById("status");

function say(text) {
  if (notice.textContent !== text) notice.textContent = text;
}

// show adds a request to its flow, or the flow with it. What is there stays, so that what is open stays open, what has
// the focus keeps it, and nothing comes twice when a stream is taken up again.
function show(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  if (only !== "0" && fresh.id !== `f${only}`) return;
  const there = document.getElementById(fresh.id);
  const row = fresh.querySelector(".call");
  const isNew = !document.getElementById(row.id);
  if (there) merge(there, fresh, row);
  toTop(there ?? fresh);
  forget(Number(fresh.dataset.oldest));
  empty.hidden = true;
  if (!isNew) return;
  row.classList.add("fresh");
  say(row.dataset.says);
}

// merge adds a row to a flow. Of a row that is there only what it has caused can have changed.
function merge(flow, fresh, row) {
  flow.querySelector(".facts").replaceWith(fresh.querySelector(".facts"));
  const before = document.getElementById(row.id);
  if (before) before.querySelector(".caused").replaceWith(row.querySelector(".caused"));
  else flow.querySelector("ol").append(row);
}

// toTop moves a flow to the top, unless somebody works in it, whom a move would throw out.
function toTop(flow) {
  if (list.firstElementChild !== flow && !flow.contains(document.activeElement)) list.prepend(flow);
}

// forget drops the requests that the server has dropped.
function forget(oldest) {
  for (const row of list.querySelectorAll(".call")) if (Number(row.id.slice(1)) < oldest) row.remove();
  for (const flow of [...list.children]) if (!flow.querySelector(".call")) flow.remove();
}

const stream = new EventSource(`${path}/events?since=${encodeURIComponent(since)}`);
stream.addEventListener("open", () => say("Requests show up here as they are answered."));
stream.addEventListener("error", () => say("The app does not answer. This page goes on when it does."));
stream.addEventListener("call", (event) => show(event.data));
stream.addEventListener("missed", (event) => say(`${event.data} requests came too fast to be shown.`));
stream.addEventListener("reset", () => {
  list.replaceChildren();
  empty.hidden = false;
});
