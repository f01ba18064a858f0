"""The only room with Qt: paints views and turns touches and keys into intents."""
