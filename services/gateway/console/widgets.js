// Small things that several parts show.

import { html, useEffect, useState } from './vendor/preact-htm.js';
import { person } from './api.js';

/** A person by id; undefined until it is known. */
export function usePerson(id) {
  const [known, setKnown] = useState();
  useEffect(() => {
    let current = true;
    person(id).then((found) => current && setKnown(found));
    return () => { current = false; };
  }, [id]);
  return known;
}

/** A time as people say it. */
export function Ago({ time }) {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 60_000));
  const said = minutes < 1 ? 'now' : minutes < 60 ? `${minutes} min` : minutes < 1_440 ? `${Math.round(minutes / 60)} h` : new Date(time).toLocaleDateString();
  return html`<time datetime=${time} title=${new Date(time).toLocaleString()}>${said}</time>`;
}

const HUES = 360;

/** The first letters of a name on a colour of its own, with a dot for those who are here. */
export function Face({ name, online }) {
  const letters = (name ?? '?').split(/\s+/).map((word) => word[0]).slice(0, 2).join('').toUpperCase();
  const hue = [...(name ?? '')].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % HUES, 7);
  return html`<span class="face" style=${{ '--hue': hue }} aria-hidden="true">${letters}${online && html`<i class="dot" />`}</span>`;
}

/** A line that says what went wrong. */
export function Problem({ text }) {
  return text ? html`<p class="problem" role="alert">${text}</p>` : null;
}
