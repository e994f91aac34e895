// Streamlit writes a widget's choice over the address before it, so that Back would
// leave the page. Here the first change of the address after a click or a key is a step
// of its own, and what the server corrects in it afterwards is none.
(() => {
    if (window.addressesAreSteps) return;
    window.addressesAreSteps = true;
    let isNewStep = false;
    for (const kind of ["pointerdown", "keydown"])
        addEventListener(kind, () => { isNewStep = true; }, true);
    addEventListener("popstate", () => { isNewStep = false; }, true);
    const { pushState, replaceState } = history;
    const write = (state, unused, url) => {
        const isChange = url != null
            && new URL(url, location.href).href !== location.href;
        const step = isChange && isNewStep ? pushState : replaceState;
        if (isChange) isNewStep = false;
        step.call(history, state, unused, url);
    };
    history.pushState = write;
    history.replaceState = write;
})();
