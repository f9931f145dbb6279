"""The seller's browser extension in a real Chromium, hurt at work."""
