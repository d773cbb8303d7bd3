// The socket: it comes back by itself, and goes on where it was cut.

import { call } from './api.js';

const PING_EVERY = 30_000;
const FIRST_PAUSE = 500;
const MOST_ATTEMPTS = 5;
// Codes of closes after which coming back is of no use.
const SIGNED_OUT = [4401];

/** One connection to `/ws`. `onFrame` gets each frame, `onState` one of connecting, open, waiting and lost. */
export class Line {
  #onFrame;
  #onState;
  #socket;
  #seq;
  #attempts = 0;
  #timer;
  #ended = false;

  constructor(onFrame, onState) {
    this.#onFrame = onFrame;
    this.#onState = onState;
    this.connect();
  }

  /** Connects now, whatever it waits for. */
  async connect() {
    clearTimeout(this.#timer);
    this.#onState('connecting');
    try {
      const { ticket } = await call('POST', '/api/ws/ticket');
      if (this.#ended) return;
      const address = new URL('/ws', location.href);
      address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
      address.searchParams.set('ticket', ticket);
      if (this.#seq !== undefined) address.searchParams.set('since', this.#seq);
      this.#open(new WebSocket(address));
    } catch {
      this.#comeBack();
    }
  }

  #open(socket) {
    this.#socket = socket;
    let heartbeat;
    socket.onopen = () => {
      this.#attempts = 0;
      heartbeat = setInterval(() => this.send('ping'), PING_EVERY);
      this.#onState('open');
    };
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.seq !== undefined) this.#seq = frame.seq;
      this.#onFrame(frame);
    };
    socket.onclose = ({ code }) => {
      clearInterval(heartbeat);
      if (this.#ended) return;
      if (SIGNED_OUT.includes(code)) window.dispatchEvent(new Event('signed-out'));
      else this.#comeBack();
    };
  }

  #comeBack() {
    if (this.#ended) return;
    if (this.#attempts >= MOST_ATTEMPTS) {
      this.#onState('lost');
      return;
    }
    this.#onState('waiting');
    const pause = FIRST_PAUSE * 2 ** this.#attempts * (1 + Math.random() / 2);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.connect(), pause);
  }

  /** Sends a frame; what can't be sent now is not kept. */
  send(type, data) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, data }));
  }

  /** Tries again after it was given up. */
  retry() {
    this.#attempts = 0;
    this.connect();
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }
}
