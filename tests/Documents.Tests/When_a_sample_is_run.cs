using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using JobSystem.Client;
using JobSystem.Support;

namespace JobSystem.Documents.Tests;

public sealed class When_a_sample_is_run : IDisposable
{
    const string Key = "a-key-for-the-tests-of-samples";

    readonly TemporaryFolder folder = TemporaryFolder.Create("sample");
    readonly string shopUrl = $"http://127.0.0.1:{FreePort.Next()}";

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Should_place_orders_with_everything_inside()
    {
        await using var shop = await RunningProgram.Start(
            "Shop", folder, "Application started", new() { ["JOBSYSTEM_ADMIN_KEY"] = Key }, "--contentRoot", folder.Path, "--urls", shopUrl);
        using var system = new JobSystemClient($"{shopUrl}/jobs", Key);

        await PlacesOrders(system);

        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var page = await http.GetAsync($"{shopUrl}/jobs");
        Assert.Equal("/jobs/ui/", page.Headers.Location?.ToString());
    }

    [Fact]
    public async Task Should_place_orders_with_a_worker_elsewhere()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        await using var standalone = await RunningProgram.Start(
            "Standalone", folder, "curl", new() { ["JOBSYSTEM_ADMIN_KEY"] = Key }, "--data", folder.At("data"), "--urls", url);
        Dictionary<string, string> settings = new()
        {
            ["JOBSYSTEM_URL"] = url,
            ["JOBSYSTEM_API_KEY"] = Key,
            ["ConnectionStrings__Shop"] = $"Data Source={folder.At("shop.db")}",
        };
        await using var web = await RunningProgram.Start("ShopWeb", folder, "Application started", settings, "--urls", shopUrl);
        await using var worker = await RunningProgram.Start("ShopWorker", folder, "is connected to", settings);
        using var system = new JobSystemClient(url, Key);

        await PlacesOrders(system);
    }

    [Fact]
    public async Task Should_send_an_email()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        await using var standalone = await RunningProgram.Start("Standalone", folder, "curl", new() { ["JOBSYSTEM_ADMIN_KEY"] = Key }, "--ephemeral", "--urls", url);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var received = ReceiveEmail(server);
        await using var worker = await RunningProgram.Start("EmailWorker", folder, "is connected to", new()
        {
            ["JOBSYSTEM_URL"] = url,
            ["JOBSYSTEM_API_KEY"] = Key,
            ["SMTP_HOST"] = "127.0.0.1",
            ["SMTP_PORT"] = $"{((IPEndPoint)server.LocalEndpoint).Port}",
        });
        using var system = new JobSystemClient(url, Key);

        var job = await system.Jobs.Create(new() { TaskName = "send_email", Kwargs = new("""{"to": "ada@example.com", "subject": "Hello"}""") });

        Assert.Equal("completed", (await system.Jobs.Wait(job.Id, TimeSpan.FromSeconds(30))).Status);
        Assert.Contains("To: ada@example.com", await received, StringComparison.Ordinal);
    }

    async Task PlacesOrders(JobSystemClient system)
    {
        using var http = new HttpClient { BaseAddress = new(shopUrl) };

        using var placed = await http.PostAsJsonAsync("orders", new { customer = "Ada", total = 9.5, voucher = "SPRING-1" });
        var jobId = (await placed.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("jobId").GetString()!;
        // The same voucher: the order is rolled back, and its job with it
        using var refused = await http.PostAsJsonAsync("orders", new { customer = "Bob", total = 5, voucher = "SPRING-1" });
        using var next = await http.PostAsJsonAsync("orders", new { customer = "Cleo", total = 7 });

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK), (refused.StatusCode, next.StatusCode));
        await Eventually.Passes(async () =>
        {
            var orders = await http.GetFromJsonAsync<JsonElement>("orders");
            Assert.Equal(["Ada R-", "Cleo R-"], orders.EnumerateArray().Select(x => $"{x.GetProperty("customer")} {x.GetProperty("invoiceNumber").GetString()?[..2]}"));
        });
        Assert.Equal("completed", (await system.Jobs.Wait(jobId, TimeSpan.FromSeconds(30))).Status);
        Assert.Equal(2, (await system.Jobs.List()).Total);
    }

    /// <summary>As much of a mail server as one email needs. Returns what is between DATA and the full stop.</summary>
    static async Task<string> ReceiveEmail(TcpListener server)
    {
        using var client = await server.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        await using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 ready");
        var email = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            await writer.WriteLineAsync(line == "DATA" ? "354 go on" : "250 ok");
            if (line == "DATA")
            {
                while (await reader.ReadLineAsync() is { } text and not ".")
                {
                    email.AppendLine(text);
                }
                await writer.WriteLineAsync("250 ok");
                break;
            }
        }
        return email.ToString();
    }
}
