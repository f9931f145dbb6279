"""What can be done with a seller's accounts at the marketplaces: consent, see, choose, disconnect."""
