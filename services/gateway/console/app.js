// The page as a whole: who is signed in, the line, and what hangs on it.

import { html, render, useEffect, useMemo, useState } from './vendor/preact-htm.js';
import { call, session } from './api.js';
import { Chat } from './chat.js';
import { Feed } from './feed.js';
import { Line } from './line.js';
import { SignIn } from './signin.js';
import { Face } from './widgets.js';

const FRAMES_SHOWN = 100;

/** Hands each frame to all who listen. */
class Frames {
  #listeners = new Set();

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(frame) {
    this.#listeners.forEach((listener) => listener(frame));
  }
}

function App() {
  const [signedIn, setSignedIn] = useState(session.read());
  useEffect(() => {
    const leave = () => { session.forget(); setSignedIn(null); };
    window.addEventListener('signed-out', leave);
    return () => window.removeEventListener('signed-out', leave);
  }, []);
  return signedIn
    ? html`<${Console} key=${signedIn.user.id} signedIn=${signedIn} />`
    : html`<${SignIn} onSignedIn=${setSignedIn} />`;
}

const STATES = { connecting: 'connecting', open: 'live', waiting: 'reconnecting', lost: 'offline' };

function Console({ signedIn }) {
  const me = signedIn.user;
  const frames = useMemo(() => new Frames(), []);
  const [line, setLine] = useState();
  const [state, setState] = useState('connecting');
  const [online, setOnline] = useState(new Set());
  const [log, setLog] = useState([]);
  // How often everything was to be read anew, because frames may have been missed.
  const [reloads, setReloads] = useState(0);

  useEffect(() => {
    const told = (frame) => {
      setLog((shown) => [{ at: new Date(), frame }, ...shown].slice(0, FRAMES_SHOWN));
      if (frame.type === 'reload_required') setReloads((n) => n + 1);
      if (frame.type === 'connected') setOnline(new Set());
      if (frame.type === 'user_online' || frame.type === 'user_offline') {
        setOnline((before) => {
          const now = new Set(before);
          if (frame.data.isOnline) now.add(frame.data.userId); else now.delete(frame.data.userId);
          return now;
        });
      }
      frames.tell(frame);
    };
    const made = new Line(told, setState);
    setLine(made);
    return () => made.end();
  }, []);

  const leave = async () => {
    await call('POST', '/api/auth/logout', { refreshToken: signedIn.refreshToken }).catch(() => {});
    window.dispatchEvent(new Event('signed-out'));
  };

  return html`
    <header class="bar">
      <h1><img src="icon.svg" alt="" /> Oruma <span class="quiet">console</span></h1>
      <span class=${`state ${state}`} role="status">${STATES[state]}</span>
      ${state === 'lost' && html`<button onClick=${() => line.retry()}>Try again</button>`}
      <span class="who"><${Face} name=${me.name} online=${state === 'open'} /> ${me.name}</span>
      <button class="link" onClick=${leave}>Sign out</button>
    </header>
    <main class="panes">
      ${line && html`<${Feed} me=${me} line=${line} frames=${frames} reloads=${reloads} />`}
      ${line && html`<${Chat} me=${me} line=${line} frames=${frames} online=${online} reloads=${reloads} />`}
    </main>
    <details class="frames">
      <summary>Frames of the socket <span class="quiet">${log.length}</span></summary>
      <ol>${log.map(({ at, frame }) => html`<li><time>${at.toLocaleTimeString()}</time> <code>${JSON.stringify(frame)}</code></li>`)}</ol>
    </details>`;
}

render(html`<${App} />`, document.body);
