using System.Collections.Concurrent;
using JobSystem.Client.EntityFrameworkCore.Relaying;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>A program of the shop, as one would write it.</summary>
sealed class ShopApp(IHost host, ConcurrentQueue<(int Id, string Message)> log) : IAsyncDisposable
{
    /// <summary>Long enough that what arrives sooner was not found by polling.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromHours(1);

    public IServiceProvider Services => host.Services;

    public OutboxTable<ShopDb> Table => Services.GetRequiredService<OutboxTable<ShopDb>>();

    /// <summary>What the relay has logged.</summary>
    public IReadOnlyList<(int Id, string Message)> Log => [.. log];

    public static async Task<ShopApp> Start(
        ShopDatabase database, string url, Action<OutboxOptions>? configure = null, string key = "a-key", TimeProvider? time = null)
    {
        var app = Build(database.Provider, database.ConnectionString, url, key, configure, time);
        await app.StartAsync();
        return app;
    }

    public static ShopApp Build(
        string provider, string connection, string url, string key, Action<OutboxOptions>? configure = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var log = new ConcurrentQueue<(int, string)>();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddProvider(new Keeper(log));
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddDbContext<ShopDb>(x => ShopDatabase.Use(x, provider, connection));
        builder.Services.AddJobSystemClient(o => (o.Url, o.ApiKey) = (url, key)).AddOutbox<ShopDb>(o =>
        {
            o.PollInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(o);
        });
        return new(builder.Build(), log);
    }

    public Task StartAsync() => host.StartAsync();

    public Task StopAsync() => host.StopAsync();

    /// <summary>Does something with a context, as a request of the program would.</summary>
    public async Task<T> Use<T>(Func<ShopDb, Task<T>> work)
    {
        await using var scope = Services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<ShopDb>());
    }

    /// <summary>Saves notes with one commit, and returns the jobs' ids.</summary>
    public Task<List<string>> SaveNotes(int count, Action<EnqueueOptions, int>? configure = null) => Use(async db =>
    {
        var handles = db.EnqueueMany(Enumerable.Range(0, count).Select(x => new MakeNote($"{x}")), configure);
        await db.SaveChangesAsync();
        return handles.Select(x => x.Id).ToList();
    });

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        // What EF Core warns of in our model and queries, it would warn every application of
        Assert.DoesNotContain(log, x => x.Id >= 10_000);
    }

    sealed class Keeper(ConcurrentQueue<(int, string)> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is >= 6000 and < 6500 || eventId.Name?.EndsWith("Warning", StringComparison.Ordinal) == true)
            {
                log.Enqueue((eventId.Id, formatter(state, exception)));
            }
        }

        public void Dispose()
        {
        }
    }
}
