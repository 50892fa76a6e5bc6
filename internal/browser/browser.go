// Package browser drives a real browser for the tests of the panel and its screenshots. It
// is a module of its own, so that nobody else pays for it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Find returns the path of an installed Chromium or Chrome.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("browser: no chromium was found: scripts/with-chromium installs one in CI, apt-get install chromium elsewhere")
}

// Browser is a browser that runs without a window.
type Browser struct {
	ctx  context.Context
	stop context.CancelFunc
}

// Start starts a browser until ctx ends. Rules for names are those of Chromium's
// --host-resolver-rules; empty for none.
func Start(ctx context.Context, names string) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("hide-scrollbars", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses to run as root
	}
	if names != "" {
		options = append(options, chromedp.Flag("host-resolver-rules", names))
	}
	ctx, stopAll := chromedp.NewExecAllocator(ctx, options...)
	ctx, stop := chromedp.NewContext(ctx)
	b := &Browser{ctx: ctx, stop: func() { stop(); stopAll() }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, fmt.Errorf("browser: start %s: %w", path, err)
	}
	return b, nil
}

// Stop ends the browser.
func (b *Browser) Stop() { b.stop() }

// Tab is a page of a browser. What its methods return an error for, no test can go on
// after.
type Tab struct {
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	problems []string
}

// patience is how long a tab waits for what should happen at once.
const patience = 15 * time.Second

// Tab opens a tab. It has to be closed.
func (b *Browser) Tab() (*Tab, error) {
	ctx, stop := chromedp.NewContext(b.ctx)
	t := &Tab{ctx: ctx, stop: stop}
	err := chromedp.Listen(ctx, t.listen)
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		stop()
		return nil, err
	}
	return t, nil
}

// Close closes the tab.
func (t *Tab) Close() { t.stop() }

// listen takes note of everything that a developer would see in red.
func (t *Tab) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = describe(e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			problem = fmt.Sprintf("console.%s %v", e.Type, e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning || e.Entry.Source == log.EntrySourceSecurity {
			problem = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		problem = "a dialog: " + e.Message
		go func() { // the tab may be closed by then
			_, _ = chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	}
	if problem != "" {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.problems = append(t.problems, problem)
	}
}

func describe(e *runtime.ExceptionDetails) string {
	text := fmt.Sprintf("%s at %s:%d", e.Text, e.URL, e.LineNumber+1)
	if e.Exception != nil {
		text += ": " + e.Exception.Description
	}
	return text
}

// Problems returns errors, warnings and violations of the page's policy since the last
// call.
func (t *Tab) Problems() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	problems := t.problems
	t.problems = nil
	return problems
}

func (t *Tab) run(action chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, action)
}

// Open loads a page.
func (t *Tab) Open(url string) error { return t.run(chromedp.Navigate(url)) }

// Eval evaluates an expression of a page.
func Eval[T any](t *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// Until waits until an expression is true. It asks again and again, and not in the page,
// whose policy forbids what chromedp.Poll does.
func (t *Tab) Until(expression string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		// A page that is being left has nothing to evaluate in.
		if ok, err := Eval[bool](t, "Boolean("+expression+")"); err == nil && ok {
			return nil
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	text, _ := t.Text() // it says what it can
	return fmt.Errorf("browser: not within %v: %s\n%s", patience, expression, text[:min(len(text), 1500)])
}

// Press presses keys, such as "j" or Enter. Each is one event with its character, as a
// keyboard sends it: a page that takes the key takes the character too.
func (t *Tab) Press(keys string) error {
	for _, r := range keys {
		var down, up input.DispatchKeyEventParams
		for _, event := range kb.Encode(r) {
			switch event.Type {
			case input.DispatchKeyEventTypeChar:
				down.Text = event.Text
			case input.DispatchKeyEventTypeKeyUp:
				up = *event
			default:
				down = *event
			}
		}
		down.Type = input.DispatchKeyEventTypeKeyDown
		for _, event := range []input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(t.ctx, input.DispatchKeyEvent, event); err != nil {
				return err
			}
		}
	}
	return nil
}

// Enter is the key of that name, Escape too.
const (
	Enter  = kb.Enter
	Escape = kb.Escape
)

// Click clicks the first element of a CSS selector.
func (t *Tab) Click(selector string) error { return t.run(chromedp.Click(chromedp.CSS(selector))) }

// Type types text into an element.
func (t *Tab) Type(selector, text string) error {
	return t.run(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Choose sets the value of a select, as somebody who clicks does.
func (t *Tab) Choose(selector, value string) error {
	found, err := Eval[bool](t, fmt.Sprintf(`(() => {
		const select = document.querySelector(%q);
		select.value = %q;
		select.dispatchEvent(new Event("input", { bubbles: true }));
		return select.value === %[2]q;
	})()`, selector, value))
	if err == nil && !found {
		err = fmt.Errorf("browser: %s has no option %q", selector, value)
	}
	return err
}

// Size sets the size of the window.
func (t *Tab) Size(width, height int64) error {
	return t.run(chromedp.EmulateViewport(width, height))
}

// Scheme sets what the system prefers: "light" or "dark".
func (t *Tab) Scheme(scheme string) error {
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	return err
}

// Scripts switches JavaScript off and on.
func (t *Tab) Scripts(on bool) error {
	_, err := chromedp.Call(t.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	return err
}

// Screenshot returns the page as a PNG, cut at the bottom of the window.
func (t *Tab) Screenshot() ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// Text returns the text of the page.
func (t *Tab) Text() (string, error) { return Eval[string](t, "document.body.innerText.trim()") }
