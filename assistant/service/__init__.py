"""The assistant as a service for other programs: REST, OpenAI's protocol and MCP, over one library."""
