// SPDX-License-Identifier: Apache-2.0
// Load of Java: an HTTP server under parallel load, threads and locks, garbage, a file mapped into
// memory, children, file watching, a Unix socket.
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

public class Program {
  static void say(String name, Object value) {
    System.out.println(name + ": " + value);
  }

  static void web() throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    var pool = Executors.newFixedThreadPool(8);
    server.setExecutor(pool);
    server.createContext("/", exchange -> {
      byte[] body = exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    var uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    var client = HttpClient.newHttpClient();
    var good = new AtomicInteger();
    var clients = Executors.newFixedThreadPool(8);
    var all = new ArrayList<Future<?>>();
    for (int i = 0; i < 400; i++) {
      var request = HttpRequest.newBuilder(uri)
          .POST(HttpRequest.BodyPublishers.ofString("body " + i)).build();
      String wanted = "body " + i;
      all.add(clients.submit(() -> {
        var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.body().equals(wanted)) good.incrementAndGet();
        return null;
      }));
    }
    for (var one : all) one.get();
    clients.shutdown();
    server.stop(0);
    pool.shutdown();
    say("requests", good);
  }

  static void work() throws Exception {
    say("parallel sum", IntStream.range(0, 2_000_000).parallel().asLongStream().sum());
    var kept = new ArrayDeque<byte[]>();
    for (int i = 0; i < 40_000; i++) {
      kept.add(new byte[8192]);
      if (kept.size() > 2000) kept.poll();
    }
    System.gc();
    var threads = new ArrayList<Thread>();
    var count = new int[1];
    for (int i = 0; i < 50; i++) {
      var thread = new Thread(() -> {
        for (int n = 0; n < 1000; n++) {
          synchronized (count) { count[0]++; }
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (var thread : threads) thread.join();
    say("counted", count[0]);
  }

  static void files() throws Exception {
    var folder = Files.createTempDirectory("program");
    var path = folder.resolve("mapped");
    try (var channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
        StandardOpenOption.WRITE)) {
      var mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20);
      mapped.put(12345, (byte) 42);
      mapped.force();
    }
    say("mapped", Files.readAllBytes(path)[12345]);
    try (var watcher = folder.getFileSystem().newWatchService()) {
      folder.register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
      Files.copy(path, folder.resolve("copy"));
      say("watched", watcher.poll(10, TimeUnit.SECONDS).pollEvents().get(0).context());
    }
    var socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      try (var client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
          var peer = server.accept()) {
        client.write(ByteBuffer.wrap("echoed".getBytes()));
        var buffer = ByteBuffer.allocate(16);
        peer.read(buffer);
        say("unix socket", new String(buffer.array(), 0, buffer.position()));
      }
    }
    for (var name : new String[] {"mapped", "copy", "socket"}) Files.delete(folder.resolve(name));
    Files.delete(folder);
  }

  static void children() throws Exception {
    var child = new ProcessBuilder("sh", "-c", "read x; echo $((x * 2)); exit 3").start();
    child.getOutputStream().write("21\n".getBytes());
    child.getOutputStream().flush();
    say("child said", new String(child.getInputStream().readAllBytes()).trim());
    say("child ended", child.waitFor());
    var slept = new ProcessBuilder("sleep", "100").start();
    slept.destroyForcibly();
    say("killed", slept.waitFor());
    say("processes", ProcessHandle.current().pid() > 0);
  }

  public static void main(String[] arguments) throws Exception {
    web();
    work();
    files();
    children();
    say("memory known", Runtime.getRuntime().maxMemory() > 0 && Path.of("/proc/self").toFile().exists());
    System.exit(0);
  }
}
