// Streamlit writes a widget's choice over the address before it, so that Back would
// leave the page. Here the first change of the address after a click or a key is a step
// of its own, and what the server corrects in it afterwards is none. On the way to
// another page Streamlit drops the filters that both have: that page is loaded anew.
(() => {
    if (window.addressesAreSteps) return;
    window.addressesAreSteps = true;
    let isNewStep = false;
    let path = location.pathname;
    for (const kind of ["pointerdown", "keydown"])
        addEventListener(kind, () => { isNewStep = true; }, true);
    addEventListener("popstate", event => {
        isNewStep = false;
        if (location.pathname === path) return;
        event.stopImmediatePropagation();
        location.reload();
    }, true);
    const { pushState, replaceState } = history;
    const write = (state, unused, url) => {
        const isChange = url != null
            && new URL(url, location.href).href !== location.href;
        const step = isChange && isNewStep ? pushState : replaceState;
        if (isChange) isNewStep = false;
        step.call(history, state, unused, url);
        path = location.pathname;
    };
    history.pushState = write;
    history.replaceState = write;
    // A map that is pushed sideways (frame.css) begins in its middle, and is reached by
    // the keyboard too.
    new MutationObserver(() => {
        const wide = '[class*="st-key-world_map_to_click_"]:not([tabindex])';
        for (const map of document.querySelectorAll(wide)) {
            if (map.scrollWidth <= map.clientWidth) continue;
            map.tabIndex = 0;
            map.scrollLeft = (map.scrollWidth - map.clientWidth) / 2;
        }
    }).observe(document.body, { childList: true, subtree: true });
})();
