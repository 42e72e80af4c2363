using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>Somebody without this repository follows the readme of a package, step by step.</summary>
[Collection(PackedPackagesCollection.Name)]
public sealed class When_an_application_uses_the_packages(OutsideFolder outside, PackedPackages packed) : IClassFixture<OutsideFolder>
{
    const string NoBroker = "JOBSYSTEM_RABBITMQ is not set. It is the broker's address: amqp://user:password@host:port/vhost";

    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    string Version => packed.Open("JobSystem.Worker").Version;

    /// <summary>What a worker on a broker consists of.</summary>
    IEnumerable<string> Ours => ((string[])["Abstractions", "Api", "Client", "Contracts", "Worker.RabbitMQ", "Worker"]).Select(x => $"JobSystem.{x}/{Version}");

    [Fact]
    public async Task Should_join_the_single_process_over_http()
    {
        var application = await outside.Follow("JobSystem.Worker", "joined");
        await Builds(application);
        var unset = await outside.Bash(application, "dotnet run --no-build");
        Assert.Equal((78, "JOBSYSTEM_URL is not set. It is the address of JobSystem: https://jobs.example.com"), (unset.ExitCode, unset.Output.Trim()));
        await using var system = await Service.StartStandalone();
        using var http = new HttpClient { BaseAddress = new(system.Address), DefaultRequestHeaders = { { "X-API-Key", Service.Key } } };

        await RunsGreet(application, http, () => Task.CompletedTask, ("JOBSYSTEM_URL", system.Address), ("JOBSYSTEM_API_KEY", Service.Key));
    }

    [Fact]
    public async Task Should_be_told_that_a_worker_needs_a_broker()
    {
        var unset = await outside.Bash(await Worker(), "dotnet run --no-build");

        Assert.Equal((78, NoBroker), (unset.ExitCode, unset.Output.Trim()));
    }

    /// <summary>Its own task, for its own message: no program of this repository but the one that keeps the jobs.</summary>
    [Fact]
    public async Task Should_run_a_task_of_its_own()
    {
        var application = await Worker();
        var broker = (await RabbitServer.Shared()).Url;
        await using var jobs = await Service.StartJobApi(broker);
        using var http = new HttpClient { BaseAddress = new(jobs.Address), DefaultRequestHeaders = { { "X-API-Key", Service.Key } } };

        await RunsGreet(application, http, async () =>
        {
            await Eventually.Holds(async () => (await http.GetAsync("api/v1/tasks/greet")).IsSuccessStatusCode);
            var sent = await outside.Bash(await outside.Follow("JobSystem.Contracts", "bus"), "dotnet run -v q", ("BROKER", broker.ToString()));
            Assert.Matches("(?m)^[0-9a-f-]{36} is pending$", sent.Output);
        }, ("JOBSYSTEM_RABBITMQ", broker.ToString()));
    }

    [Fact]
    public async Task Should_create_jobs_and_read_what_becomes_of_them()
    {
        var application = await outside.Follow("JobSystem.Api", "api");
        await using var system = await Service.StartStandalone();

        var ran = await outside.Bash(application, "dotnet run", ("JOBSYSTEM_URL", system.Address), ("JOBSYSTEM_ADMIN_KEY", Service.Key));

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Matches("""^[0-9a-f-]{36} is completed: .*"Ada".*\n$""", ran.Output);
        var refused = await outside.Bash(application, "dotnet run --no-build", ("JOBSYSTEM_URL", system.Address), ("JOBSYSTEM_ADMIN_KEY", "somebody-elses-key"));
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("unauthorized: ", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_enqueue_a_record_and_get_its_result()
    {
        var application = await outside.Follow("JobSystem.Client", "client");
        await using var system = await Service.StartStandalone();

        var ran = await outside.Bash(application, "dotnet run", ("JOBSYSTEM_URL", system.Address), ("JOBSYSTEM_API_KEY", Service.Key));

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Matches("^[0-9a-f-]{36}: Ada\n$", ran.Output);
    }

    /// <summary>The whole system inside: its own typed job runs, is seen in its dashboard, and survives kill -9.</summary>
    [Theory]
    [InlineData("JobSystem.Hosting")]
    [InlineData(PackedPackages.Templates)]
    public async Task Should_run_its_own_job_inside_itself(string package)
    {
        var began = TimeProvider.System.GetTimestamp();
        var application = await outside.Follow(package, package);
        await Builds(application);
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(address) };
        string before;
        using (var process = await Shop(application, address, http))
        {
            await Completes(http, await Order(http, 7), """{"number":"R-7"}""");
            var took = TimeProvider.System.GetElapsedTime(began);
            Assert.True(took < TimeSpan.FromMinutes(3), $"from dotnet new to the finished job: {took}");
            Assert.Equal("/jobs/ui/", (await http.GetAsync("jobs")).Headers.Location?.ToString());
            Assert.Contains("sign-in", (await http.GetAsync("jobs/ui/")).Headers.Location?.ToString(), StringComparison.Ordinal);
            before = await Order(http, 8);
            process.Kill();
            await process.WaitForExitAsync();
        }
        using var again = await Shop(application, address, http);
        await Completes(http, before, """{"number":"R-8"}""");
        again.Kill();

        static async Task<string> Order(HttpClient http, int id)
        {
            using var ordered = await http.PostAsync($"orders/{id}", null);
            return (await ordered.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<string>())!;
        }

        static async Task Completes(HttpClient http, string job, string result)
        {
            using var ended = await http.GetAsync($"jobs/api/v1/jobs/{job}/wait?timeout=30");
            Assert.Equal(result, (await ended.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result").GetRawText());
        }
    }

    [Fact]
    public async Task Should_be_a_worker_made_from_a_template()
    {
        var shop = await outside.Follow(PackedPackages.Templates, "templates");
        var created = await outside.Bash(shop, "dotnet new jobsystem-worker -o ../printer");
        Assert.True(created.ExitCode == 0, created.Output);
        var application = Path.Combine(shop, "..", "printer");
        await Builds(application);

        var unset = await outside.Bash(application, "dotnet run --no-build");

        Assert.Equal((78, "JOBSYSTEM_URL is not set. It is the address of JobSystem: https://jobs.example.com"), (unset.ExitCode, unset.Output.Trim()));
    }

    /// <summary>Starts the application of JobSystem.Hosting's readme; the client gets its administrator's key.</summary>
    async Task<Process> Shop(string application, string address, HttpClient http)
    {
        var program = Path.Combine(application, "bin", "Debug", "net10.0", "shop.dll");
        var process = Dotnet.Start(application, outside.Environment(("ASPNETCORE_URLS", address)), "dotnet", program);
        await ReadUntil(process, "Application started").WaitAsync(patience);
        http.DefaultRequestHeaders.Remove("X-API-Key");
        http.DefaultRequestHeaders.Add("X-API-Key", await File.ReadAllTextAsync(Path.Combine(application, "jobsystem", "admin.key")));
        return process;
    }

    [Fact]
    public async Task Should_test_its_jobs()
    {
        var ran = await outside.Bash(await outside.Follow("JobSystem.Testing", "testing"), "dotnet run");

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Equal("Completed R-7 printed shop@example.com\nR-8 300\n64 mail server is down completed 0\n", ran.Output);
    }

    /// <summary>An order and its job in one transaction of a database of its own.</summary>
    [Fact]
    public async Task Should_enqueue_in_its_own_transaction()
    {
        var application = await outside.Follow("JobSystem.Client.EntityFrameworkCore", "outbox");
        await using var system = await Service.StartStandalone();

        var ran = await outside.Bash(application, "dotnet run", ("JOBSYSTEM_URL", system.Address), ("JOBSYSTEM_API_KEY", Service.Key));

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Matches("^[0-9a-f-]{36}: Ada\n$", ran.Output);
    }

    [Fact]
    public async Task Should_describe_jobs_without_anything_else() => await Builds(await outside.Follow("JobSystem.Abstractions", "abstractions"));

    [Fact]
    public async Task Should_have_a_newer_MassTransit_if_it_likes()
    {
        outside.OfferMassTransit("8.5.99");
        var application = await outside.Create("newer", ("JobSystem.Worker.RabbitMQ", Version), ("MassTransit.RabbitMQ", "8.5.99"));

        await Builds(application);

        Assert.Equal(
            [.. Ours, "MassTransit.Abstractions/8.5.99", "MassTransit.RabbitMQ/8.5.99", "MassTransit/8.5.99"],
            await Resolved(application));
        Assert.Equal(78, (await outside.Bash(application, "dotnet run --no-build")).ExitCode);
    }

    [Theory]
    [InlineData("8.5.11", "error NU1605: Warning As Error: Detected package downgrade: MassTransit from 8.5.12 to 8.5.11.")]
    [InlineData("9.0.0", "warning NU1608: Detected package version outside of dependency constraint: JobSystem.Worker.RabbitMQ 0.1.0 requires MassTransit (>= 8.5.12 && < 9.0.0) but")]
    public async Task Should_be_told_when_its_MassTransit_does_not_fit(string version, string message)
    {
        outside.OfferMassTransit(version);
        var application = await outside.Create(version, ("JobSystem.Worker.RabbitMQ", Version), ("MassTransit", version));

        var restored = await outside.Bash(application, "dotnet restore");

        Assert.Contains(message.Replace("0.1.0", Version, StringComparison.Ordinal), restored.Output, StringComparison.Ordinal);
    }

    /// <summary>Starts a worker, and when it has connected has it run its task, and stops it, which it takes well.</summary>
    async Task RunsGreet(string application, HttpClient http, Func<Task> connected, params (string, string)[] settings)
    {
        var program = Path.Combine(application, "bin", "Debug", "net10.0", $"{Path.GetFileName(application)}.dll");
        using var process = Dotnet.Start(application, outside.Environment(settings), "dotnet", program);
        try
        {
            Assert.Contains("tasks greet", await ReadUntil(process, "is connected to").WaitAsync(patience), StringComparison.Ordinal);
            await connected();
            using var ran = await http.PostAsJsonAsync("api/v1/jobs/run-sync", new { task_name = "greet", kwargs = new { name = "Ada", times = 2 } });
            Assert.Equal("\"Hello, Ada. Hello, Ada.\"", await ran.Content.ReadAsStringAsync());

            Assert.Equal(0, (await outside.Bash(application, $"kill -TERM {process.Id}")).ExitCode);
            await process.WaitForExitAsync().WaitAsync(patience);
            Assert.Equal((0, ""), (process.ExitCode, await process.StandardError.ReadToEndAsync()));
        }
        finally
        {
            process.Kill();
        }
    }

    async Task Builds(string application)
    {
        var built = await outside.Bash(application, "dotnet build -nologo");
        Assert.True(built.ExitCode == 0 && built.Output.Contains("0 Warning(s)", StringComparison.Ordinal), built.Output);
    }

    /// <summary>A worker as its readme has it; made once.</summary>
    Task<string> Worker() => outside.Worker(async () =>
    {
        var application = await outside.Follow("JobSystem.Worker.RabbitMQ", "worker");
        await Builds(application);
        Assert.Equal(
            [.. Ours, "MassTransit.Abstractions/8.5.12", "MassTransit.RabbitMQ/8.5.12", "MassTransit/8.5.12"],
            await Resolved(application));
        return application;
    });

    /// <summary>Reads what it prints, up to the line with this text.</summary>
    static async Task<string> ReadUntil(Process process, string text)
    {
        var output = new StringBuilder();
        while (!output.ToString().Contains(text, StringComparison.Ordinal))
        {
            output.AppendLine(await process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException($"the worker ended: {output}{await process.StandardError.ReadToEndAsync()}"));
        }
        return output.ToString();
    }

    /// <summary>Packages of ours and of MassTransit that the last restore chose, as <c>NAME/VERSION</c>.</summary>
    static async Task<IEnumerable<string>> Resolved(string application)
    {
        using var assets = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(application, "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Select(x => x.Name)
            .Where(x => x.StartsWith("JobSystem.", StringComparison.Ordinal) || x.StartsWith("MassTransit", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }
}
