// Files on their way, one row each, until their answer is a link.

const POLL_MS = 1000;

export class Rows {
  constructor(section) {
    this.section = section;
    this.list = section.querySelector("[data-queue-rows]");
    this.status = section.querySelector("[data-queue-status]");
  }

  add(file) {
    this.section.hidden = false;
    const row = new Row(file, (text) => this.say(text));
    this.list.append(row.element);
    return row;
  }

  say(text) { this.section.hidden = false; this.status.textContent = text; this.status.classList.toggle("visually-hidden", this.list.children.length > 0); }
}

class Row {
  constructor(file, announce) {
    this.file = file;
    this.announce = announce;
    this.element = document.createElement("li");
    this.name = Object.assign(document.createElement("span"), { className: "name", textContent: file.name });
    this.said = Object.assign(document.createElement("span"), { className: "said", textContent: "waiting to be sent" });
    this.bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", `Sending ${file.name}`);
    this.element.append(this.name, this.said, this.bar);
  }

  sending(fraction) {
    this.bar.value = fraction;
    this.said.textContent = fraction < 1 ? `sent ${Math.round(fraction * 100)} %` : "arriving";
  }

  opening() { this.said.textContent = "opening its page"; this.announce(`${this.file.name} has arrived.`); }

  refused(reason) { this.end(reason); }

  async follow({ id, url }) {
    const link = Object.assign(document.createElement("a"), { href: url, textContent: this.file.name });
    this.name.replaceChildren(link);
    this.bar.removeAttribute("value");
    for (let etag = ""; ;) {
      const reply = await fetch(`/api/v1/submissions/${id}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (reply.status === 200) {
        etag = reply.headers.get("ETag") ?? "";
        const now = await reply.json();
        if (now.status === "done") { this.end([now.quality, now.genre].map((answer) => answer?.sentence).filter(Boolean).join(" ") || "Stored and drawn; not judged yet."); return; }
        if (now.status === "failed") { this.end(now.error?.message ?? "It could not be measured."); return; }
        if (now.status === "cancelled") { this.end("Cancelled."); return; }
        this.said.textContent = now.status === "queued" && now.position ? `number ${now.position} in line` : now.status;
      } else if (reply.status !== 304 && reply.status !== 429) { this.end("Its page knows more."); return; }
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  end(text) {
    this.said.textContent = text;
    this.bar.remove();
    this.announce(`${this.file.name}: ${text}`);
  }
}
