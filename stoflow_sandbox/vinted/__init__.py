"""The simulated Vinted: the web application's own calls, made inside a member's session."""
