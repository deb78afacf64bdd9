"""What a registered version has to show before it is deployed: `reprise promote`."""
