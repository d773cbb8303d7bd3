// Signing in and joining.

import { html, useState } from './vendor/preact-htm.js';
import { call, session } from './api.js';
import { Problem } from './widgets.js';

export function SignIn({ onSignedIn }) {
  const [joining, setJoining] = useState(false);
  const [problem, setProblem] = useState('');
  const [universities, setUniversities] = useState([]);
  const [busy, setBusy] = useState(false);

  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const fields = Object.fromEntries(new FormData(event.target));
      const signedIn = await call('POST', joining ? '/api/auth/register' : '/api/auth/login', fields);
      session.keep(signedIn);
      onSignedIn(signedIn);
    } catch (refusal) {
      setProblem(refusal.sentence ?? 'The server can not be reached');
    } finally {
      setBusy(false);
    }
  };
  const suggest = async ({ target }) => {
    if (target.value.length < 3) return;
    const found = await call('GET', `/api/universities/search?q=${encodeURIComponent(target.value)}&limit=8`).catch(() => undefined);
    setUniversities(found?.universities ?? []);
  };

  return html`
    <main class="sign-in">
      <h1><img src="icon.svg" alt="" /> Oruma</h1>
      <p class="quiet">Try the API by hand: two windows, two people, one conversation.</p>
      <form class="card" onSubmit=${submit}>
        ${joining && html`<label>Name <input name="name" required autocomplete="name" /></label>`}
        <label>E-mail <input name="email" type="email" required autocomplete="email" /></label>
        <label>Password
          <input name="password" type="password" required autocomplete=${joining ? 'new-password' : 'current-password'} />
        </label>
        ${joining && html`
          <label>University <input name="university" required list="universities" onInput=${suggest} autocomplete="off" /></label>
          <datalist id="universities">${universities.map(({ name }) => html`<option value=${name} />`)}</datalist>`}
        <${Problem} text=${problem} />
        <button class="main" disabled=${busy}>${joining ? 'Join' : 'Sign in'}</button>
        <button type="button" class="link" onClick=${() => { setJoining(!joining); setProblem(''); }}>
          ${joining ? 'I have an account' : 'I am new here'}
        </button>
      </form>
      <p class="quiet"><a href="/api/docs/">The API in full</a></p>
    </main>`;
}
