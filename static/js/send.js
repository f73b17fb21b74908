// One file to the server with progress, and a copy kept in the browser for the player.
import { keep } from "./copies.js";

const API = "/api/v1/submissions";
const TRIES = 30;

export async function send(file, choices, onProgress) {
  for (let turn = 1; ; turn += 1) {
    const reply = await post(file, choices, onProgress);
    if (reply.status === 202 || reply.status === 200 || reply.status === 201) {
      await keep(reply.body.id, file);
      return reply.body;
    }
    if ((reply.status !== 429 && reply.status !== 503) || turn === TRIES) return { error: words(reply) };
    await new Promise((done) => setTimeout(done, 1000 * (reply.after || 5)));
  }
}

function post(file, choices, onProgress) {
  return new Promise((done) => {
    const data = new FormData();
    for (const [name, value] of choices) if (name !== "csrf_token") data.append(name, value);
    data.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", API);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]")?.content ?? "");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => done({
      status: request.status, body: request.response ?? {}, after: Number(request.getResponseHeader("Retry-After")),
    }));
    request.addEventListener("error", () => done({ status: 0, body: {} }));
    request.send(data);
  });
}

function words({ status, body }) {
  if (body?.detail) return body.detail;
  if (body?.title) return body.title;
  if (status === 0) return "The connection broke off. Nothing was stored; send it again.";
  if (status === 413) return "This file is over 500 MB. Cut a few minutes out of it and send those.";
  return `The server answered ${status}. Nothing was stored; try again in a minute.`;
}
