// Requests to the contract `oruma`, and the session that they are made in.

/** A refusal of the API: its status, its reason in snake case, a sentence, and the fields at fault. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}`);
    this.status = status;
    this.reason = body?.error ?? 'unknown';
    this.details = body?.details ?? {};
  }

  /** The sentence, with what is wrong with each field. */
  get sentence() {
    const fields = Object.entries(this.details).map(([field, problem]) => `${field} ${problem}`);
    return fields.length > 0 ? fields.join('; ') : this.message;
  }
}

const KEPT = 'oruma.session';

/** Who is signed in, kept for this tab alone. */
export const session = {
  read: () => JSON.parse(sessionStorage.getItem(KEPT) ?? 'null'),
  keep: (signedIn) => sessionStorage.setItem(KEPT, JSON.stringify(signedIn)),
  forget: () => sessionStorage.removeItem(KEPT),
};

/** Makes a request, and returns the JSON of its answer. */
export async function call(method, path, body) {
  const headers = {};
  const token = session.read()?.token;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
  if (!answer.ok) {
    if (answer.status === 401 && token) window.dispatchEvent(new Event('signed-out'));
    throw new Refusal(answer.status, json);
  }
  return json;
}

const people = new Map();

/** A person by id, asked for once. Whoever is gone has a name that says so. */
export function person(id) {
  if (!people.has(id)) {
    people.set(id, call('GET', `/api/users/${id}`).catch(() => ({ id, name: 'Deleted account' })));
  }
  return people.get(id);
}
