"""Who finds objects: by text with transformers, faces by a packaged model, or Amazon Bedrock Data Automation."""
