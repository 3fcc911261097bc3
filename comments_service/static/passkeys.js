// @ts-check
/** Passkeys: asking the browser for one, and taking its answer to the service. All words are the page's. */

/** @typedef {{ options: any, ticket: string }} Question */

/** What the service said no to: its code, and what people are told. */
export class Refused extends Error {
  /** @param {string} code @param {string} detail */
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** @param {string} src @param {string} path @param {unknown} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
const post = async (src, path, body, signal) => {
  const answer = await fetch(`${src}api/v1/${path}`, {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
    ...(signal ? { signal } : {}),
  });
  const data = await answer.json();
  if (!answer.ok) throw new Refused(data.code, Object.values(data.fields)[0] ?? data.detail);
  return data;
};

/** @param {string} text */
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
    char.charCodeAt(0),
  );

/** @param {ArrayBuffer} buffer */
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** @param {any[]} [list] */
const ids = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

/** The browser's own reader of such options is younger than passkeys are. @param {any} options @returns {PublicKeyCredentialRequestOptions} */
const requested = (options) =>
  PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: ids(options.allowCredentials),
  };

/** @param {any} options @returns {PublicKeyCredentialCreationOptions} */
const offered = (options) =>
  PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: ids(options.excludeCredentials),
  };

/** @param {any} credential */
const written = (credential) => {
  if (credential.toJSON) return credential.toJSON();
  const { response } = credential;
  /** @type {Record<string, unknown>} */
  const parts = { transports: response.getTransports?.() };
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    if (response[name]) parts[name] = base64url(response[name]);
  }
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    response: parts,
  };
};

/** Whether this browser knows passkeys, and `origin` is where the service's belong. @param {string} origin */
export const possible = (origin) => "PublicKeyCredential" in window && location.origin === origin;

/**
 * Let the reader choose a passkey. `conditional` waits in the list under a field until one is chosen.
 * @param {string} src @param {{ signal?: AbortSignal, conditional?: boolean }} [how]
 */
export const ask = async (src, { signal, conditional = false } = {}) => {
  /** @type {Question} */
  const { options, ticket } = await post(src, "passkeys/question", {}, signal);
  const credential = await navigator.credentials.get({
    publicKey: requested(options),
    ...(conditional ? { mediation: "conditional" } : {}),
    ...(signal ? { signal } : {}),
  });
  return { ticket, credential: written(credential) };
};

/**
 * Sign in; gives what the service says of whoever came in. Throws `Refused`, or what the browser throws.
 * @param {string} src @param {{ signal?: AbortSignal, conditional?: boolean }} [how]
 */
export const signIn = async (src, how) => post(src, "session/passkey", await ask(src, how));

/** Make a passkey for the account that is signed in. @param {string} src */
export const add = async (src) => {
  /** @type {Question} */
  const { options, ticket } = await post(src, "passkeys/offer");
  const credential = await navigator.credentials.create({ publicKey: offered(options) });
  return post(src, "passkeys", { ticket, credential: written(credential) });
};

/** Whether the browser ended it, because its owner did or because something else was begun. @param {unknown} error */
const cancelled = (error) =>
  error instanceof DOMException &&
  (error.name === "AbortError" || error.name === "NotAllowedError");

// A question is good for 15 minutes; one that waits under a field is asked anew before that.
const ASK_ANEW_MS = 10 * 60 * 1000;

/** A part of a page that asks for a passkey. */
class Place {
  #root;
  #data;
  /** @type {AbortController | undefined} */
  #waiting;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#data = root.dataset;
    this.#hide("scripts");
    if (!possible(this.#data.origin ?? "")) {
      this.#show(location.origin === this.#data.origin ? "unknown" : "elsewhere");
      return;
    }
    this.#show("button");
    const button = root.querySelector("[data-part=button] button");
    button?.addEventListener("click", (event) => {
      event.preventDefault();
      this.#act(() => this.#acts[/** @type {"add"} */ (this.#data.passkeys)]());
    });
    if (this.#data.passkeys === "sign-in") this.#wait();
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement | null} */ (this.#root.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} name */
  #hide(name) {
    const part = this.#part(name);
    if (part) part.hidden = true;
  }

  /** @param {string} name @param {string} [text] */
  #show(name, text) {
    const part = this.#part(name);
    if (!part) return;
    if (text !== undefined) part.textContent = text;
    part.hidden = false;
  }

  /** @param {() => Promise<void>} act */
  async #act(act) {
    this.#waiting?.abort();
    this.#hide("error");
    try {
      await act();
    } catch (error) {
      this.#say(error);
    }
  }

  /** @param {unknown} error */
  #say(error) {
    const { failed = "", known = failed, prove } = this.#data;
    if (error instanceof Refused && error.code === "proof_required" && prove) {
      location.assign(prove);
    } else if (error instanceof Refused) {
      this.#show("error", error.message);
    } else if (error instanceof DOMException && error.name === "InvalidStateError") {
      this.#show("error", known);
    } else if (!cancelled(error)) {
      this.#show("error", failed);
    }
  }

  #acts = {
    add: async () => {
      await add(this.#src);
      this.#leave();
    },
    "sign-in": async () => {
      await signIn(this.#src);
      this.#leave();
    },
    confirm: async () => {
      const form = /** @type {HTMLFormElement} */ (this.#root);
      const { ticket, credential } = await ask(this.#src);
      this.#field("ticket").value = ticket;
      this.#field("credential").value = JSON.stringify(credential);
      form.submit();
    },
  };

  get #src() {
    return this.#data.src ?? "";
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#root.querySelector(`[name=${name}]`));
  }

  #leave() {
    location.assign(this.#data.next ?? this.#src);
  }

  /** Offer passkeys in the list that opens under the field for the address, while the page stands. */
  async #wait() {
    const field = document.querySelector("input[autocomplete~=webauthn]");
    if (!field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    for (;;) {
      const waiting = new AbortController();
      this.#waiting = waiting;
      const timer = setTimeout(() => waiting.abort("anew"), ASK_ANEW_MS);
      try {
        await signIn(this.#src, { signal: waiting.signal, conditional: true });
        this.#leave();
        return;
      } catch (error) {
        if (waiting.signal.reason === "anew") continue;
        // A refusal can be read; whatever else ends the waiting leaves the button.
        if (error instanceof Refused && error.code !== "too_many") this.#say(error);
        return;
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

for (const root of document.querySelectorAll("[data-passkeys]")) {
  new Place(/** @type {HTMLElement} */ (root));
}
