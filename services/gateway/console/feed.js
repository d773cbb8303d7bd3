// The feed of one's university, live.

import { html, useCallback, useEffect, useState } from './vendor/preact-htm.js';
import { call } from './api.js';
import { Ago, Face, Problem } from './widgets.js';

/** What a frame makes of the posts that are shown. */
function after(posts, { type, data }, me) {
  const change = (id, how) => posts.map((post) => (post.id === id ? { ...post, ...how(post) } : post));
  switch (type) {
    case 'new_post':
      return posts.some((post) => post.id === data.post.id) ? posts : [data.post, ...posts];
    case 'post_liked':
    case 'post_unliked':
      return change(data.postId, (post) => ({
        likes: data.likesCount ?? post.likes,
        liked: data.userId === me ? type === 'post_liked' : post.liked,
      }));
    case 'post_commented':
      return change(data.postId, (post) => ({ comments: post.comments + 1 }));
    default:
      return posts;
  }
}

export function Feed({ me, line, frames, reloads }) {
  const [posts, setPosts] = useState([]);
  const [cursor, setCursor] = useState();
  const [problem, setProblem] = useState('');

  const load = useCallback(async (from) => {
    try {
      const page = await call('GET', `/api/posts?limit=20${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);
      setPosts((shown) => (from ? [...shown, ...page.posts] : page.posts));
      setCursor(page.nextCursor);
      setProblem('');
    } catch (refusal) {
      setProblem(refusal.message);
    }
  }, []);
  useEffect(() => { load(); }, [reloads]);
  useEffect(() => frames.listen((frame) => setPosts((shown) => after(shown, frame, me.id))), [frames]);

  const write = async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      const { post } = await call('POST', '/api/posts', { content: form.content.value });
      setPosts((shown) => after(shown, { type: 'new_post', data: { post } }, me.id));
      form.reset();
      setProblem('');
    } catch (refusal) {
      setProblem(refusal.sentence);
    }
  };

  return html`
    <section class="feed" aria-label="Feed">
      <form class="card composer" onSubmit=${write}>
        <textarea name="content" rows="2" required maxlength="2000" placeholder="What is new on campus? #hashtags and @people work" />
        <button class="main">Post</button>
      </form>
      <${Problem} text=${problem} />
      ${posts.map((post) => html`<${Post} key=${post.id} post=${post} line=${line} frames=${frames} />`)}
      ${posts.length === 0 && html`<p class="quiet empty">Nobody has written anything yet.</p>`}
      ${cursor && html`<button class="link" onClick=${() => load(cursor)}>Older posts</button>`}
    </section>`;
}

function Post({ post, line, frames }) {
  const [open, setOpen] = useState(false);
  return html`
    <article class="card post" data-post=${post.id}>
      <header>
        <${Face} name=${post.author} />
        <div><strong>${post.author}</strong> <span class="quiet">@${post.username}</span></div>
        <span class="quiet when"><${Ago} time=${post.createdAt} /></span>
      </header>
      <p class="text">${post.content}</p>
      ${post.images?.map((image) => html`<img class="picture" src=${image} alt="" loading="lazy" />`)}
      <footer>
        <button class=${post.liked ? 'pill on' : 'pill'} aria-pressed=${post.liked} onClick=${() => line.send(post.liked ? 'post_unliked' : 'post_liked', { postId: post.id })}>
          ${post.liked ? '♥' : '♡'} <span class="likes">${post.likes}</span>
        </button>
        <button class="pill" aria-expanded=${open} onClick=${() => setOpen(!open)}>
          <span class="count">${post.comments}</span> ${post.comments === 1 ? 'comment' : 'comments'}</button>
      </footer>
      ${open && html`<${Comments} post=${post.id} frames=${frames} />`}
    </article>`;
}

function Comments({ post, frames }) {
  const [comments, setComments] = useState([]);
  const [problem, setProblem] = useState('');
  const add = (comment) => setComments((shown) => (shown.some(({ id }) => id === comment.id) ? shown : [...shown, comment]));
  useEffect(() => {
    call('GET', `/api/posts/${post}/comments?limit=50`).then((page) => setComments(page.comments), (refusal) => setProblem(refusal.message));
    return frames.listen(({ type, data }) => {
      if (type === 'post_commented' && data.postId === post && !data.comment.parentId) add(data.comment);
    });
  }, [post]);
  const write = async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      const { comment } = await call('POST', `/api/posts/${post}/comments`, { content: form.content.value });
      add(comment);
      form.reset();
      setProblem('');
    } catch (refusal) {
      setProblem(refusal.sentence);
    }
  };
  return html`
    <div class="comments">
      ${comments.map((comment) => html`
        <p key=${comment.id} class="comment"><strong>${comment.author || 'Deleted account'}</strong> ${comment.content}</p>`)}
      <form onSubmit=${write}>
        <input name="content" required maxlength="2000" placeholder="Say something" autocomplete="off" />
        <button>Send</button>
      </form>
      <${Problem} text=${problem} />
    </div>`;
}
