"""The pages of the simulated Vinted that a member's browser opens: sign in, sell, and a challenge for a person.

They have what a site has, in the plainest form: a session in cookies, a CSRF token in the page's own data, forms. How
the real site tells people from programs is nobody's business here: the challenge is a button.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape

from stoflow_sandbox.calls import Answer
from stoflow_sandbox.vinted.wardrobe import Wardrobe

SEE_OTHER = 303
LIFE_S = 30 * 86_400
CHALLENGE_PATH = "/challenge"
CHALLENGED = Answer(403, {"url": f"/vinted{CHALLENGE_PATH}?captcha-delivery=simulated"})
"""What every call is answered until a person has pressed the button."""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>
{data}<header><b>Simulated Vinted</b> · {who}</header><h1>{title}</h1>
{content}</body></html>"""
DATA = """<script>self.__next_f.push([1,"{{\\"CSRF_TOKEN\\":\\"{csrf}\\"}}"])</script>
<script>window.config = {{"CSRF_TOKEN":"{csrf}","user_id":{user}}}</script>
"""
QUEUE = "<script>self.__next_f = []</script>\n"
SIGN_IN = '<form method="post" action="sign-in">{members}</form>'
MEMBER = '<p><button name="login" value="{login}">Sign in as {login}</button></p>'
CHALLENGE = '<form method="post" action="challenge"><button id="person">I am a person</button></form>'
SIGNED_IN = "<script>{cookies} location.replace('./')</script>"
TERMS = "<p>Here the real site has its terms. This one is a simulation and has none.</p>"
SELL = """<form id="sell"><p><label>Title <input name="title" required minlength="5"></label></p>
<p><label>Description <textarea name="description" required minlength="5"></textarea></label></p>
<p><button>Save as a draft</button> <output></output></p></form>
<script>
document.getElementById("sell").addEventListener("submit", async (event) => {
  event.preventDefault();
  const draft = Object.fromEntries(new FormData(event.target));
  const headers = { "content-type": "application/json", "x-csrf-token": window.config.CSRF_TOKEN };
  const asked = { method: "POST", headers, body: JSON.stringify({ draft }) };
  const reply = await fetch("../api/v2/item_upload/drafts", asked);
  event.target.querySelector("output").textContent = (await reply.json()).draft?.id ?? reply.status;
});
</script>"""


def home(wardrobe: Wardrobe | None) -> Answer:
    """Show who is signed in and what they have; a challenged member is sent to the challenge."""
    if wardrobe is None:
        return _page("Welcome", '<p><a href="sign-in">Sign in</a></p>', None)
    if wardrobe.is_challenged:
        return redirect("challenge")
    things = "".join(f"<li>{escape(item.title)} ({item.state})</li>" for item in wardrobe.items.values())
    return _page("My things", f'<p><a href="items/new">Sell something</a></p><ul>{things}</ul>', wardrobe)


def sell(wardrobe: Wardrobe) -> Answer:
    """Show the form of a new item, with the page's CSRF token."""
    return _page("Sell something", SELL, wardrobe)


def sign_in_form(logins: Sequence[str]) -> Answer:
    """Show a button for every member there is: nobody has a password here."""
    return _page("Sign in", SIGN_IN.format(members="".join(MEMBER.format(login=escape(one)) for one in logins)), None)


def signed_in(cookies: Mapping[str, str]) -> Answer:
    """Let the browser keep the session, and go home."""
    said = "".join(
        f"document.cookie = {json.dumps(f'{name}={value}; Path=/; Max-Age={LIFE_S}')};"
        for name, value in cookies.items()
    )
    return Answer(200, SIGNED_IN.format(cookies=said))


def challenge() -> Answer:
    """Ask for a person."""
    return _page("Are you a person?", CHALLENGE, None)


def terms() -> Answer:
    """Stand where the real site has its terms."""
    return _page("Terms", TERMS, None)


def redirect(where: str) -> Answer:
    """Send the browser elsewhere."""
    return Answer(SEE_OTHER, "", {"location": where})


def _page(title: str, content: str, wardrobe: Wardrobe | None) -> Answer:
    data = QUEUE + DATA.format(csrf=wardrobe.csrf_token, user=wardrobe.user_id) if wardrobe else ""
    who = escape(wardrobe.login) if wardrobe else "signed out"
    return Answer(200, PAGE.format(title=title, data=data, who=who, content=content))
