// Conversations: who is here, who is typing, what was read.

import { html, useCallback, useEffect, useRef, useState } from './vendor/preact-htm.js';
import { call } from './api.js';
import { Ago, Face, Problem, usePerson } from './widgets.js';

// A little less than the three seconds after which a typing mark ends by itself.
const TYPING_EVERY = 2_000;
const TYPING_ENDS = 3_500;

export function Chat({ me, line, frames, online, reloads }) {
  const [conversations, setConversations] = useState([]);
  const [chosen, setChosen] = useState();
  const [problem, setProblem] = useState('');

  const load = useCallback(async () => {
    try {
      setConversations((await call('GET', '/api/conversations?limit=50')).conversations);
    } catch (refusal) {
      setProblem(refusal.message);
    }
  }, []);
  useEffect(() => { load(); }, [reloads]);
  useEffect(() => frames.listen(({ type }) => {
    if (type === 'message_received' || type === 'message_read') load();
  }), [frames]);

  const start = async (other) => {
    try {
      const conversation = await call('POST', '/api/conversations', { participantId: other });
      await load();
      setChosen(conversation);
      setProblem('');
    } catch (refusal) {
      setProblem(refusal.sentence);
    }
  };
  const current = conversations.find(({ id }) => id === chosen?.id) ?? chosen;
  const other = (conversation) => conversation.participants.find((id) => id !== me.id) ?? me.id;

  return html`
    <section class="chat card" aria-label="Messages">
      <nav aria-label="Conversations">
        <${Search} me=${me} onChoose=${start} />
        <${Problem} text=${problem} />
        ${conversations.map((conversation) => html`
          <${Entry} key=${conversation.id} conversation=${conversation} other=${other(conversation)} online=${online.has(other(conversation))}
            chosen=${conversation.id === current?.id} onChoose=${() => setChosen(conversation)} />`)}
        ${conversations.length === 0 && html`<p class="quiet empty">Search somebody to write to.</p>`}
      </nav>
      ${current
        ? html`<${Thread} key=${current.id} me=${me} conversation=${current} other=${other(current)} online=${online.has(other(current))}
            line=${line} frames=${frames} reloads=${reloads} onChange=${load} />`
        : html`<p class="quiet empty">No conversation is open.</p>`}
    </section>`;
}

function Search({ me, onChoose }) {
  const [found, setFound] = useState([]);
  const latest = useRef(0);
  const search = async ({ target }) => {
    latest.current += 1;
    const mine = latest.current;
    const text = target.value.trim();
    const people = text ? await call('GET', `/api/users/search?limit=6&q=${encodeURIComponent(text)}`).catch(() => []) : [];
    if (mine === latest.current) setFound(people.filter(({ id }) => id !== me.id));
  };
  const choose = (event, id) => {
    event.currentTarget.closest('.search').querySelector('input').value = '';
    setFound([]);
    onChoose(id);
  };
  return html`
    <div class="search">
      <input type="search" placeholder="Find people" aria-label="Find people" onInput=${search} />
      ${found.length > 0 && html`
        <ul>${found.map((person) => html`
          <li key=${person.id}><button onClick=${(event) => choose(event, person.id)}><${Face} name=${person.name} /> ${person.name}</button></li>`)}
        </ul>`}
    </div>`;
}

function Entry({ conversation, other, online, chosen, onChoose }) {
  const person = usePerson(other);
  return html`
    <button class=${chosen ? 'entry chosen' : 'entry'} onClick=${onChoose}>
      <${Face} name=${person?.name} online=${online} />
      <span class="about">
        <strong>${person?.name ?? '…'}</strong>
        <span class="quiet last">${conversation.lastMessage?.content ?? 'No messages yet'}</span>
      </span>
      ${conversation.unreadCount > 0 && !chosen && html`<b class="badge">${conversation.unreadCount}</b>`}
    </button>`;
}

const MARKS = { sent: '✓', delivered: '✓✓', read: '✓✓' };

function Thread({ me, conversation, other, online, line, frames, reloads, onChange }) {
  const [messages, setMessages] = useState([]);
  const [cursor, setCursor] = useState();
  const [typing, setTyping] = useState(false);
  const [problem, setProblem] = useState('');
  const person = usePerson(other);
  const end = useRef();
  const told = useRef(0);
  const id = conversation.id;

  const add = (message) => setMessages((shown) => (shown.some((known) => known.id === message.id) ? shown : [...shown, message]));
  const markRead = useCallback((message) => {
    if (message && message.senderId !== me.id && !document.hidden) line.send('message_read', { messageId: message.id, conversationId: id });
  }, [id]);
  const load = useCallback(async (from) => {
    try {
      const page = await call('GET', `/api/conversations/${id}/messages?limit=50${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);
      const older = page.messages.slice().reverse();
      setMessages((shown) => (from ? [...older, ...shown] : older));
      setCursor(page.nextCursor);
      if (!from) {
        markRead(older.at(-1));
        onChange();
      }
    } catch (refusal) {
      setProblem(refusal.message);
    }
  }, [id]);
  useEffect(() => { load(); }, [id, reloads]);
  useEffect(() => {
    let timer;
    const forget = frames.listen(({ type, data }) => {
      if (type === 'message_received' && data.message.conversationId === id) {
        add(data.message);
        setTyping(false);
        markRead(data.message);
      } else if (type === 'message_read' && data.conversationId === id && data.readBy !== me.id) {
        setMessages((shown) => {
          const last = shown.findIndex((message) => message.id === data.messageId);
          return shown.map((message, nth) => (nth <= last && message.senderId === me.id ? { ...message, status: 'read' } : message));
        });
      } else if (type === 'user_typing' && data.conversationId === id) {
        setTyping(data.isTyping);
        clearTimeout(timer);
        timer = setTimeout(() => setTyping(false), TYPING_ENDS);
      }
    });
    return () => { clearTimeout(timer); forget(); };
  }, [id]);
  useEffect(() => { end.current?.scrollIntoView({ block: 'nearest' }); }, [messages.length, typing]);

  const write = () => {
    if (Date.now() - told.current < TYPING_EVERY) return;
    told.current = Date.now();
    line.send('user_typing', { conversationId: id, isTyping: true });
  };
  const send = async (event) => {
    event.preventDefault();
    const form = event.target;
    const content = form.content.value;
    if (!content.trim()) return;
    form.reset();
    told.current = 0;
    try {
      add((await call('POST', '/api/messages', { conversationId: id, receiverId: other, content })).message);
      setProblem('');
      onChange();
    } catch (refusal) {
      form.content.value = content;
      setProblem(refusal.sentence);
    }
  };

  return html`
    <div class="thread">
      <header>
        <${Face} name=${person?.name} online=${online} />
        <div><strong>${person?.name ?? '…'}</strong><div class="quiet presence">${online ? 'online' : 'offline'}</div></div>
      </header>
      <div class="messages" role="log">
        ${cursor && html`<button class="link" onClick=${() => load(cursor)}>Older messages</button>`}
        ${messages.map((message) => html`
          <div key=${message.id} class=${message.senderId === me.id ? 'message own' : 'message'}>
            <span class="text">${message.content}</span>
            <span class="meta"><${Ago} time=${message.timestamp} />
              ${message.senderId === me.id && html`<span class=${`mark ${message.status}`} title=${message.status}>${MARKS[message.status]}</span>`}
            </span>
          </div>`)}
        ${typing && html`<div class="typing quiet" role="status"><i /><i /><i /> ${person?.name ?? 'Somebody'} is typing</div>`}
        <span ref=${end} />
      </div>
      <${Problem} text=${problem} />
      <form onSubmit=${send}>
        <input name="content" maxlength="5000" placeholder="Write a message" aria-label="Write a message" autocomplete="off" onInput=${write} />
        <button class="main">Send</button>
      </form>
    </div>`;
}
