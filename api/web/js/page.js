// The page is always what the server made of the record. To show another time, the same page is asked for at that time,
// and its regions take the place of those shown: nothing is computed a second time here, so nothing can differ.
const after = [];

// onRegions calls f now and whenever regions were exchanged.
export function onRegions(f) {
  after.push(f);
  f();
}

// read asks for a page. The browser parses it as a document of its own, in which nothing runs.
function read(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.timeout = 20000;
    request.onload = () => {
      const page = request.response;
      if (request.status === 200 && page) resolve(page);
      else reject(new Error(page?.querySelector("main p")?.textContent || String(request.status)));
    };
    request.onerror = request.ontimeout = () => reject(new Error("–"));
    request.send();
  });
}

// state is what a reader did to a region and must not lose when it is exchanged.
function keep(region) {
  const details = [...region.querySelectorAll("details")].map((d) => d.open);
  const scrolls = [...region.querySelectorAll(".scroll")].map(scrolled);
  const own = scrolled(region);
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const focus = focused && { id: focused.id, href: focused.getAttribute("href"), n: [...region.querySelectorAll("a,button,input,select,summary,[tabindex]")].indexOf(focused) };
  return (fresh) => {
    fresh.querySelectorAll("details").forEach((d, i) => { if (i < details.length) d.open = details[i]; });
    fresh.querySelectorAll(".scroll").forEach((s, i) => scroll(s, scrolls[i]));
    scroll(fresh, own);
    if (!focus) return;
    const target = (focus.id && document.getElementById(focus.id)) ||
      (focus.href && fresh.querySelector(`a[href="${CSS.escape(focus.href)}"]`)) ||
      fresh.querySelectorAll("a,button,input,select,summary,[tabindex]")[focus.n];
    target?.focus({ preventScroll: true });
  };
}

const scrolled = (e) => [e.scrollLeft, e.scrollTop];

// scroll moves what was moved, and touches nothing else: the browser lays the page out before it scrolls.
function scroll(e, to) {
  if (to && (to[0] || to[1])) [e.scrollLeft, e.scrollTop] = to;
}

const frame = () => new Promise(requestAnimationFrame);
const most = 8; // ms of one frame in which regions are exchanged: the hand that slides needs the rest

// exchange puts the regions of a page in the place of those shown, over as many frames as it takes.
async function exchange(page) {
  const changes = [];
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = page.getElementById(region.id);
    if (fresh && !fresh.isEqualNode(region)) changes.push([region, fresh, keep(region)]); // read all before the first write
  }
  let began = performance.now();
  for (const [region, fresh, restore] of changes) {
    if (performance.now() - began > most) {
      await frame();
      began = performance.now();
    }
    const adopted = document.adoptNode(fresh);
    region.replaceWith(adopted);
    restore(adopted);
    void adopted.offsetHeight; // lay it out within this count of the time, not unseen at the end of the frame
  }
  for (const name of ["live", "effective", "applied", "zone"]) document.body.dataset[name] = page.body.dataset[name];
  for (const f of after) {
    if (performance.now() - began > most) {
      await frame();
      began = performance.now();
    }
    f();
  }
}

// Browsers refuse an address that changes too often, and a hand that slides changes it in every frame: some of the
// addresses are passed over, the last never.
let noted = 0, noting = null;
function note(url) {
  clearTimeout(noting);
  const wait = noted + 250 - performance.now();
  if (wait > 0) return (noting = setTimeout(note, wait, url));
  noted = performance.now();
  history.replaceState(null, "", url);
}

let wanted = null; // the newest address asked for while another is being read
let reading = false;

// show shows the page at another address. Of addresses that come faster than pages, only the newest is read.
export async function show(url, { remember = true } = {}) {
  if (remember) note(url);
  wanted = url;
  if (reading) return;
  reading = true;
  try {
    while (wanted !== null) {
      const next = wanted;
      wanted = null;
      const page = await read(next);
      await frame();
      await exchange(page);
    }
    document.dispatchEvent(new CustomEvent("truce:shown"));
  } catch (error) {
    document.dispatchEvent(new CustomEvent("truce:failed", { detail: error.message }));
  } finally {
    reading = false;
  }
}

export function busy() { return reading; }
