// @ts-check
/**
 * Pages: from a link to a comment to the page of a long thread that holds it.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { focus } from "./embed-difference.js";

/**
 * The service knows where it stands. While it is away, the files are searched, the newest comments first.
 * @param {Thread} thread @param {string} id @returns {Promise<{page: number, fragment: string, thread?: string, comments?: {id: number, url: string}[]} | undefined>}
 */
const find = async (thread, id) => {
  const query = `comment=${id}&lang=${thread.language}`;
  const url = `${thread.src}api/v1/threads/${thread.thread}/comments?${query}`;
  const answer = await fetch(url, { signal: thread.signal }).catch(() => null);
  if (answer?.ok) return answer.json();
  if (answer?.status === 404) return;
  for (let page = Number(thread.root?.dataset.pages); page > 1; page--) {
    const fragment = await thread.read(page);
    if (fragment.includes(`id="comment-${id}"`)) return { page, fragment };
  }
};

/** Go where the page's address leads. @param {Thread} thread */
export const follow = async (thread) => {
  const { hash } = location;
  const id = hash.slice(9);
  const { front, root, signal } = thread;
  // It may be another thread's.
  const shown = document.getElementById(hash.slice(1));
  if (shown) return thread.contains(shown) ? shown.scrollIntoView() : undefined;
  if (!front || !root || !/^\d+$/.test(id)) return;
  const found = await find(thread, id);
  if (!found || signal.aborted || location.hash !== hash) return;
  // A moderator has moved it to another article.
  const moved = found.thread && found.thread !== thread.thread;
  const there = found.comments?.find((each) => moved && `${each.id}` === id);
  if (there) return location.replace(there.url);
  if (moved) return;
  thread.snapshot = found.page > 1 ? thread.front + found.fragment : thread.front;
  await thread.show();
  const item = thread.item(id);
  if (!item || location.hash !== hash) return;
  // The browser had looked for it in vain: asked again, it takes it for the address's target.
  location.replace(location.href);
  item.scrollIntoView({ behavior: "instant" });
  focus(item);
};
