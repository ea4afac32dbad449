//! The site in a real browser: it is used as a person uses it, by mouse and by keyboard.

use crate::driver::{Browser, key};
use crate::site;
use serde_json::{Value, json};

/// A promise with a known history, and how a cell of it is named.
const PROMISE: &str = "seccomp/trace/number-too-high";
const CELL: &str = "seccomp/trace/number-too-high@7.3";

/// The site's page in a browser, if there is one.
fn opened(hash: &str) -> Option<Browser> {
    let browser = Browser::start()?;
    browser.screen(1600, "light");
    browser.open(&index(hash));
    browser.wait("!document.getElementById('tools').hidden");
    Some(browser)
}

fn index(hash: &str) -> String {
    format!("file://{}/index.html{hash}", site().display())
}

/// No page has complained, or asked for anything but files.
fn is_clean(browser: &Browser) {
    let complaints = browser.log("browser");
    assert!(complaints.is_empty(), "{complaints:#?}");
    let mut asked = 0;
    for entry in browser.log("performance") {
        let message: Value =
            serde_json::from_str(entry["message"].as_str().expect("a message")).expect("JSON");
        if message["message"]["method"] == "Network.requestWillBeSent" {
            let url = message["message"]["params"]["request"]["url"].as_str().expect("a url");
            let is_own =
                url.starts_with("file://") || url.starts_with("data:") || url == "about:blank";
            assert!(is_own, "{url} was asked for");
            asked += usize::from(url.starts_with("file://"));
        }
    }
    assert!(asked > 2, "{asked} requests: is the log still as it was?");
}

fn count(browser: &Browser, what: &str) -> u64 {
    browser
        .run(&format!("return document.querySelectorAll({what:?}).length"))
        .as_u64()
        .expect("a number")
}

/// Rows of promises that are shown.
const SHOWN: &str = "tbody:not([hidden]) tr:not([hidden]) > th[scope=row]";

fn text(browser: &Browser, selector: &str) -> String {
    let script = format!("return document.querySelector({selector:?}).textContent");
    browser.run(&script).as_str().expect("text").to_owned()
}

fn hash(browser: &Browser) -> String {
    let hash = browser.run("return decodeURIComponent(location.hash)");
    hash.as_str().expect("text").to_owned()
}

#[test]
fn it_is_searched_filtered_and_compared() {
    let Some(browser) = opened("") else { return };
    let all = count(&browser, SHOWN);
    assert!(all > 300, "{all} promises");
    // `/` goes to the search.
    browser.keys("/");
    browser.keys("number too high");
    browser.wait("location.hash.includes('high')");
    browser.wait(&format!("document.querySelectorAll({SHOWN:?}).length < 40"));
    assert!(count(&browser, SHOWN) >= 2);
    assert_eq!(hash(&browser), "#q=number+too+high");
    assert!(text(&browser, "#count").contains(&format!(" of {all} promises")));
    browser.click("#clear");
    browser.wait("location.hash === ''");
    assert_eq!(count(&browser, SHOWN), all);
    // A filter keeps rows that have such a cell, and no others.
    for (show, class) in [("d", "td.d"), ("l", "td.l"), ("b", "td.b")] {
        browser.choose("#show", show);
        browser.wait(&format!("location.hash === '#show={show}'"));
        let kept = count(&browser, SHOWN);
        assert!(kept > 0 && kept < all, "{show}: {kept} of {all}");
        let with = browser.run(&format!(
            "return [...document.querySelectorAll({SHOWN:?})].filter(th => th.parentElement.querySelector({class:?})).length"
        ));
        assert_eq!(with, kept, "{show}");
    }
    // Two columns are shown side by side, with what differs.
    browser.choose("#show", "");
    browser.wait("location.hash === ''");
    browser.choose("#a", "6.1");
    browser.choose("#b", "7.3");
    browser.wait("location.hash === '#show=changed&a=6.1&b=7.3'");
    assert_eq!(count(&browser, "thead th"), 3);
    let changed = count(&browser, SHOWN);
    assert!(changed > 10 && changed < all, "{changed}");
    let named = format!("a[href$='{}.html']", PROMISE.replace('/', "-"));
    assert_eq!(count(&browser, &format!("tr:not([hidden]) {named}")), 1);
    browser.choose("#b", "6.1-none");
    browser.wait("location.hash.endsWith('b=6.1-none')");
    browser.click("#clear");
    browser.wait("location.hash === ''");
    // Nothing is found, and that is said.
    browser.open(&index("#q=nothing-is-called-so"));
    browser.wait("!document.getElementById('empty').hidden");
    assert_eq!(count(&browser, SHOWN), 0);
    browser.click("#all");
    browser.wait(&format!("document.querySelectorAll({SHOWN:?}).length === {all}"));
    is_clean(&browser);
}

#[test]
fn a_cell_is_opened_by_mouse_by_keyboard_and_by_its_address() {
    let Some(browser) = opened("#q=number-too-high") else { return };
    let row = format!("a[href$='{}.html']", PROMISE.replace('/', "-"));
    // By mouse: the cell of the newest kernel.
    browser.run(&format!(
        "const row = document.querySelector({row:?}).closest('tr'); \
         const at = [...document.querySelectorAll('thead th')].findIndex(th => th.textContent === '7.3'); \
         row.cells[at].id = 'meant'"
    ));
    browser.click("#meant");
    browser.wait("document.getElementById('detail').open");
    assert_eq!(hash(&browser), format!("#q=number-too-high&cell={CELL}"));
    let detail = text(&browser, "#detail");
    for part in [
        PROMISE,
        "A tracer that picks a number above the largest known call",
        "a_number_out_of_range_is_enosys_whatever_was_written",
        "observed 42, promised ENOSYS",
        "the same on ..5.10, 7.3..",
        "ENOSYS is stored before the tracer's stop",
        "suites/seccomp/trace_change.rs:",
        "sigsys boot --kernel 7.3 --append 'vsyscall=xonly' --exact --case 'seccomp::trace_change::",
    ] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    // Escape closes it, and the cell has the focus again.
    browser.keys(key::ESCAPE);
    browser
        .wait("!document.getElementById('detail').open && location.hash === '#q=number-too-high'");
    browser.wait("document.activeElement.id === 'meant'");
    // By keyboard: a cell further, and a row down.
    browser.keys(key::RIGHT);
    browser.keys(key::DOWN);
    browser.wait("document.activeElement.matches('td') && document.activeElement.id !== 'meant'");
    let outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid", "the focus is seen");
    browser.keys(key::ENTER);
    browser.wait("document.getElementById('detail').open");
    assert!(hash(&browser).contains("@gvisor"), "{}", hash(&browser));
    // What has the focus is in the dialog, and can be left with the keyboard.
    browser.wait("document.getElementById('detail').contains(document.activeElement)");
    browser.keys(key::ENTER);
    browser.wait("!document.getElementById('detail').open");
    // By its address, also where two are compared, and one variant.
    browser.open(&index(&format!("#cell={CELL}-none")));
    browser.wait("document.getElementById('detail').open");
    assert!(text(&browser, "#detail").contains("Linux 7.3, vsyscall=none"));
    browser.open(&index(&format!("#a=6.1&b=7.3&cell={CELL}")));
    browser.wait("document.getElementById('detail').open");
    assert_eq!(count(&browser, ".sides"), count(&browser, ".group"));
    assert!(text(&browser, ".group").starts_with("differs"));
    // An address that names nothing opens nothing.
    browser.open(&index("#cell=no/such/promise@7.3&a=1&b=2&open=x&show=y"));
    browser.wait("!document.getElementById('tools').hidden");
    assert_eq!(browser.run("return document.getElementById('detail').open"), false);
    is_clean(&browser);
}

/// Tab reaches the table once, and arrows all of it.
#[test]
fn the_keyboard_alone_is_enough() {
    let Some(browser) = opened("") else { return };
    let mut stops = Vec::new();
    for _ in 0..14 {
        browser.keys(key::TAB);
        let stop =
            "const one = document.activeElement; return one.id || one.className || one.tagName";
        stops.push(browser.run(stop).as_str().expect("text").to_owned());
        if browser.run("return document.activeElement.matches('.compat td')") == true {
            break;
        }
    }
    for stop in ["skip", "scheme", "q", "show", "a", "b", "variants", "clear"] {
        assert!(stops.iter().any(|one| one == stop), "{stop}: {stops:?}");
    }
    assert_eq!(
        browser.run("return document.activeElement.matches('.compat td')"),
        true,
        "{stops:?}"
    );
    // Up to the kernels' names, where Enter opens the variants.
    browser.keys("\u{e013}");
    browser.wait("document.activeElement.matches('thead button')");
    let before = count(&browser, "thead th");
    browser.keys(key::ENTER);
    browser.wait(&format!("document.querySelectorAll('thead th').length > {before}"));
    let row = "[...document.querySelectorAll('.compat th[scope=row]')].map(th => th.parentElement.cells.length)";
    browser.wait(&format!(
        "new Set({row}).size === 1 && {row}[0] === document.querySelectorAll('thead th').length"
    ));
    // Left to a promise, whose page Enter opens.
    browser.open(&index(""));
    browser.wait("!document.getElementById('tools').hidden");
    browser.run("document.querySelector('.compat td').focus()");
    browser.keys("\u{e012}");
    browser.wait("document.activeElement.matches('th a')");
    browser.keys(key::ENTER);
    browser.wait("location.pathname.includes('/promise/')");
    is_clean(&browser);
}

/// The scheme is the system's until it is switched, and that is remembered.
#[test]
fn the_scheme_is_switched_and_remembered() {
    let Some(browser) = opened("") else { return };
    let back = "getComputedStyle(document.body).backgroundColor";
    let light = browser.run(&format!("return {back}"));
    browser.screen(1600, "dark");
    browser.wait(&format!("{back} !== {light}"));
    let dark = browser.run(&format!("return {back}"));
    assert_eq!(text(&browser, ".scheme"), "Light scheme");
    browser.click(".scheme");
    browser.wait(&format!("{back} === {light}"));
    let page = format!("file://{}/promise/{}.html", site().display(), PROMISE.replace('/', "-"));
    browser.open(&page);
    browser.wait("document.querySelector('.group')");
    assert_eq!(browser.run(&format!("return {back}")), light);
    browser.click(".scheme");
    browser.wait(&format!("{back} === {dark}"));
    is_clean(&browser);
}

/// Every text is at least 4.5 times as bright as what is behind it, or the other way around (WCAG AA).
#[test]
fn texts_stand_out_from_what_is_behind_them() {
    const SCRIPT: &str = r"
        const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
            .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
        const back = (one) => {
            for (let at = one; at; at = at.parentElement) {
                const colour = parse(getComputedStyle(at).backgroundColor);
                if (colour.length === 3 || colour[3] === 1) return colour;
            }
            return parse(getComputedStyle(document.body).backgroundColor);
        };
        const faint = new Set();
        for (const one of document.querySelectorAll('body *')) {
            const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            if (!own || !one.getClientRects().length || one.closest('svg, option')) continue;
            const [a, b] = [light(parse(getComputedStyle(one).color)), light(back(one))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) faint.add(`${one.tagName}.${one.className}: ${ratio.toFixed(2)}`);
        }
        return [...faint];";
    let Some(browser) = opened("") else { return };
    for scheme in ["light", "dark"] {
        browser.screen(1600, scheme);
        for hash in ["", &format!("#cell={CELL}")] {
            browser.open(&index(hash));
            browser.wait("!document.getElementById('tools').hidden");
            assert_eq!(browser.run(SCRIPT), json!([]), "{scheme} {hash}");
        }
        let page =
            format!("file://{}/promise/{}.html", site().display(), PROMISE.replace('/', "-"));
        browser.open(&page);
        browser.wait("document.querySelector('.group')");
        assert_eq!(browser.run(SCRIPT), json!([]), "{scheme}");
    }
}

/// Nothing is wider than the screen but what has a scroller of its own. With SIGSYS_PICTURES set to a folder,
/// this leaves pictures there.
#[test]
fn it_fits_a_narrow_screen_and_a_wide_one() {
    let Some(browser) = opened("") else { return };
    let pictures = std::env::var_os("SIGSYS_PICTURES").map(std::path::PathBuf::from);
    let page = format!("file://{}/promise/{}.html", site().display(), PROMISE.replace('/', "-"));
    let views = [
        ("table", index("")),
        ("variants", index("#open=6.1,7.3&q=vsyscall")),
        ("compared", index("#a=6.1&b=7.3&show=changed")),
        ("cell", index(&format!("#cell={CELL}"))),
        ("sides", index(&format!("#a=6.1&b=7.3&show=changed&cell={CELL}"))),
        ("promise", page),
    ];
    for (width, scheme) in [(360, "light"), (360, "dark"), (1600, "light"), (1600, "dark")] {
        browser.screen(width, scheme);
        for (name, address) in &views {
            browser.open(address);
            browser.wait("document.querySelector('.group, #tools:not([hidden])')");
            let fits = browser.run("return [document.documentElement.scrollWidth, innerWidth]");
            let [own, screen] = [0, 1].map(|at| fits[at].as_u64().expect("a width"));
            assert!(own <= screen && screen == u64::from(width), "{name} at {width}: {own}");
            if let Some(folder) = &pictures {
                let file = folder.join(format!("{name}-{width}-{scheme}.base64"));
                std::fs::write(file, browser.picture()).expect("written");
            }
        }
    }
    let opened = "const [one] = performance.getEntriesByType('navigation'); return Math.round(one.loadEventEnd)";
    browser.open(&index(""));
    browser.wait("performance.getEntriesByType('navigation')[0].loadEventEnd > 0");
    println!("opened in {} ms", browser.run(opened));
    is_clean(&browser);
}
