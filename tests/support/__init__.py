"""What tests share: small models, servers that answer, made-up shared tasks."""
