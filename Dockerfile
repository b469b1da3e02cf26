# The service, its workers and the command line: one image. Build: docker build -t wuding .
FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY api api
COPY inventory inventory
COPY optimizer optimizer
COPY scenarios scenarios
RUN pip install --no-cache-dir --constraint constraints.txt . \
 && useradd --create-home --uid 10001 wuding \
 && mkdir -p /var/lib/wuding && chown wuding /var/lib/wuding
USER wuding
ENV WUDING_HOME=/var/lib/wuding
# compiles the kernels once, so that no dispatcher waits for it
RUN python -m api.warm
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["wuding", "serve", "--host", "0.0.0.0", "--port", "8000"]
