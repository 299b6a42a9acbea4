// As much of a browser as a form needs, where no page has to be drawn: cookies and hidden fields.

import assert from "node:assert/strict";

export class Visitor {
  #holdfast;
  cookies = new Map();

  constructor(holdfast) {
    this.#holdfast = holdfast;
  }

  // The same person after the site went away and came back, perhaps elsewhere.
  moveTo(holdfast) {
    this.#holdfast = holdfast;
  }

  async ask(path, form) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(new URL(path, this.#holdfast.site), {
      method: form ? "POST" : "GET", body: form, redirect: "manual", headers: { cookie },
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split("=");
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
  }

  // A form that stands on `page`, filled in.
  async form(page, fields) {
    const { text } = await this.ask(page);
    const id = /name="request_id" value="([^"]+)"/.exec(text)?.[1];
    assert.ok(id, `there is no form on ${page}`);
    return new URLSearchParams({ request_id: id, ...fields });
  }

  async signIn(email) {
    const form = await this.form("/sign-in", { email });
    const mailed = this.#holdfast.terminal(/^ {2}sign in: (\S+)/);
    assert.equal((await this.ask("/sign-in", form)).status, 200);
    const { pathname } = new URL(await mailed);
    const confirm = await this.form(pathname, { token: pathname.split("/").pop() });
    assert.equal((await this.ask("/sign-in/confirm", confirm)).status, 303);
  }

  // Where the new record is.
  async openRecord(given_name) {
    const fields = { relation: "parent", given_name, family_name: "Beispielhaft", birth_date: "3 4 2019" };
    const opened = await this.ask("/people/new", await this.form("/people/new", fields));
    assert.equal(opened.status, 303);
    return opened.location;
  }
}
