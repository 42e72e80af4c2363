using JobSystem.Support;
using Microsoft.Data.Sqlite;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class SqliteConnectionTests : IDisposable
{
    const int Callers = 8;
    readonly TemporaryFolder folder = TemporaryFolder.Create("sqlite");

    /// <summary>What the store builds upon: two callers on one connection would read in each other's snapshot and write in each other's transaction.</summary>
    [Fact]
    public void Pool_ManyOpenAtOnce_LendsNoConnectionTwice()
    {
        var connection = StorageRegistration.SqliteConnectionString(folder.At("pool.db"));
        for (var wave = 0; wave < 2000; wave++)
        {
            var opened = new SqliteConnection[Callers];
            using var together = new Barrier(Callers);
            var threads = Enumerable.Range(0, Callers).Select(n => new Thread(() =>
            {
                together.SignalAndWait();
                opened[n] = new SqliteConnection(connection);
                opened[n].Open();
            })).ToList();
            threads.ForEach(x => x.Start());
            threads.ForEach(x => x.Join());

            Assert.Equal(Callers, opened.Select(x => x.Handle!.DangerousGetHandle()).Distinct().Count());
            Array.ForEach(opened, x => x.Dispose());
            // The next ones are new: it is then that the pool looks for connections that nobody closed
            SqliteConnection.ClearPool(opened[0]);
        }
    }

    public void Dispose() => folder.Dispose();
}
