// The words of the scripts, from the same catalogue as the server's, in the page's language.
const messages = JSON.parse(document.getElementById("messages").textContent);
export const lang = document.documentElement.lang;
const plural = new Intl.PluralRules(lang);
const numbers = (lang === "en" ? "en-GB" : lang) + "-u-nu-latn"; // the digits of dates on the record, in Arabic too

export function say(key, values = {}) {
  const forms = messages[key];
  if (!forms) return key;
  const form = (values.Count !== undefined && forms[plural.select(values.Count)]) || forms.other;
  return form.replace(/\{\{\.(\w+)\}\}/g, (_, name) => values[name] ?? "");
}

// zone is the one in which times that belong to no single record are told.
export function zone() { return document.body.dataset.zone || "UTC"; }

function formatter(options) {
  try {
    return new Intl.DateTimeFormat(numbers, { timeZone: zone(), ...options });
  } catch { // an offset that the browser does not know as a zone
    return new Intl.DateTimeFormat(numbers, { timeZone: "UTC", ...options });
  }
}

export function moment(date) {
  return formatter({ weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "shortOffset" }).format(date);
}

export function clock(date) { return formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(date); }

// day tells a date of a chart: those are dates in UTC.
export function day(date) { return formatter({ day: "numeric", month: "short", timeZone: "UTC" }).format(date); }
