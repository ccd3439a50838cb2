# docker build -t mtpipe . && docker run --rm -v "$PWD:/work" mtpipe translate docs --out out -s en -t de -g terms.csv
FROM python:3.12-slim
COPY . /opt/mtpipe
RUN pip install --no-cache-dir --constraint /opt/mtpipe/constraints.txt /opt/mtpipe
WORKDIR /work
ENTRYPOINT ["mtpipe"]
